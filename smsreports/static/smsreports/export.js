// Exports with their progress. Without this script, and where a file is too long to be held and the browser lets no
// page write to disk, the links are plain downloads, whose progress the browser tells.
"use strict";

(() => {
  const panel = document.querySelector(".export");
  if (!panel) return;
  const running = panel.querySelector(".running");
  const bar = panel.querySelector("progress");
  const told = panel.querySelector(".told");
  // Of the export that runs: how to stop it.
  let controller = null;

  function say(text) {
    if (told.textContent !== text) told.textContent = text;
  }

  function size(bytes) {
    return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  }

  // A file that is held until it is whole, and then handed over as any download.
  function held() {
    const parts = [];
    return {
      write: (part) => parts.push(part),
      abort: () => {},
      close: (name) => {
        const address = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
        const link = document.createElement("a");
        link.href = address;
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(address), 60_000);
      },
    };
  }

  // A file on disk. Nothing stands under its name before it is closed.
  async function written() {
    const chosen = await window.showSaveFilePicker({ suggestedName: "messages_export.csv" });
    return chosen.createWritable();
  }

  // Bytes are known only as they come; how many there will be is rows by the usual length of a row.
  function show(received, expected) {
    const percent = Math.min(Math.floor((100 * received) / expected), 99);
    bar.value = percent;
    // Who listens hears ten sentences, not a thousand.
    say(`About ${percent - (percent % 10)} % is here.`);
  }

  async function copy(answer, file) {
    const rows = Math.min(Number(answer.headers.get("X-Export-Total")), Number(answer.headers.get("X-Export-Limit")));
    const expected = Math.max(rows * Number(panel.dataset.each), 1);
    const reader = answer.body.getReader();
    let received = 0;
    for (;;) {
      // Rejects where the connection ends before the file does.
      const { done, value } = await reader.read();
      if (done) break;
      await file.write(value);
      received += value.length;
      show(received, expected);
    }
    const [, name] = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition")) || [null, "messages_export.csv"];
    await file.close(name);
    say(`The file is whole: ${rows.toLocaleString("en")} rows, ${size(received)}.`);
  }

  async function run(link, large) {
    let file = null;
    try {
      file = large ? await written() : held();
      running.hidden = false;
      bar.removeAttribute("value");
      say("The export begins.");
      const answer = await fetch(link.href, { signal: controller.signal });
      if (answer.ok && (answer.headers.get("Content-Type") || "").startsWith("text/csv")) {
        await copy(answer, file);
      } else {
        // Whatever it says instead, a login or why not, is a page.
        await file.abort();
        window.removeEventListener("beforeunload", ask);
        window.location.assign(link.href);
      }
    } catch (fault) {
      if (file) await Promise.resolve(file.abort()).catch(() => {});
      if (!file || controller.signal.aborted) say("The export was stopped. Nothing was kept.");
      else say("The connection broke: the file is not whole, and nothing of it was kept. Try again, or take fewer days.");
    } finally {
      running.hidden = true;
      controller = null;
    }
  }

  function ask(event) {
    if (controller) event.preventDefault();
  }

  function started(event) {
    const link = event.currentTarget;
    // To another tab, or by the browser's own menu: as the browser does it.
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const large = Number(link.dataset.rows) * Number(panel.dataset.each) > Number(panel.dataset.held);
    if (large && !window.showSaveFilePicker) return;
    event.preventDefault();
    if (controller) return;
    controller = new AbortController();
    run(link, large);
  }

  for (const link of document.querySelectorAll("a[data-rows]")) link.addEventListener("click", started);
  panel.querySelector("button").addEventListener("click", () => controller && controller.abort());
  window.addEventListener("beforeunload", ask);
})();
