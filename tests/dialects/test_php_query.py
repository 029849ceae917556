"""Query strings as PHP reads and writes them. The expected results come from PHP 8.2."""

from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.dialects.laravel.php_query import MAX_BRACKETS, flatten_query, parse_query

# Results of `parse_str` and then `http_build_query` with PHP_QUERY_RFC3986, without empty values.
PHP_RESULTS = {
    "a=1&b=2&a=3": "a=3&b=2",
    "f[]=1&f[]=2": "f%5B0%5D=1&f%5B1%5D=2",
    "f[]=&f[]=1": "f%5B1%5D=1",
    "f[a]=1&f[b][c]=2&f[b][]=3": "f%5Ba%5D=1&f%5Bb%5D%5Bc%5D=2&f%5Bb%5D%5B0%5D=3",
    "f[5]=1&f[]=2&f[01]=3": "f%5B5%5D=1&f%5B6%5D=2&f%5B01%5D=3",
    "f[-5]=1&f[]=2": "f%5B-5%5D=1&f%5B-4%5D=2",
    "f=1&x=0&f[]=2": "f%5B0%5D=2&x=0",
    "f[]=1&x=0&f=2": "f=2&x=0",
    "a.b c=1&+d=2": "a_b_c=1&d=2",
    "a.[b.c]=1": "a_%5Bb.c%5D=1",
    "a[b=1": "a_b=1",
    "a[b.c d=2": "a_b_c_d=2",
    "a[b[c=1": "a_b_c=1",
    "a[b[c]]=1": "a%5Bb%5Bc%5D=1",
    "a[b]c[d]=4": "a%5Bb%5D=4",
    "a[b][=1": "a%5Bb%5D=1",
    "a[ ]=5&a[ b]=6": "a%5B0%5D=5&a%5B%20b%5D=6",
    "a%00b=1": "a=1",
    "a[b%00]=1": "a_b=1",
    "[a]=1&=2&%20=3": "",
    "colour=dark%20blue%26&shape=d%C3%A9&~-._=~-._": "colour=dark%20blue%26&shape=d%C3%A9&~-__=~-._",
}


def rewrite_query(query: str) -> str:
    pairs = flatten_query(parse_query(parse_qsl(query, keep_blank_values=True)))
    return urlencode([*pairs], quote_via=quote, safe="")


@pytest.mark.parametrize("query", PHP_RESULTS)
def test_a_query_string_is_written_as_php_writes_it(query: str) -> None:
    assert rewrite_query(query) == PHP_RESULTS[query]


@pytest.mark.parametrize(("brackets", "is_kept"), [(MAX_BRACKETS, True), (MAX_BRACKETS + 1, False), (3000, False)])
def test_a_name_with_too_many_brackets_is_ignored(brackets: int, is_kept: bool) -> None:
    assert bool(rewrite_query("a" + "[b]" * brackets + "=1")) == is_kept


@given(st.lists(st.tuples(st.text("ab[].\0 05-é"), st.text("1é &="))))
def test_rewriting_is_idempotent(pairs: list[tuple[str, str]]) -> None:
    rewritten = rewrite_query(urlencode(pairs))
    assert rewrite_query(rewritten) == rewritten
