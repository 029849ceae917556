"""Files: columns, formats, and the response that streams one."""
