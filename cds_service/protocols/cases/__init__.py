"""The case tables: invented patients in Markdown, beside the protocols they test, and what answers to them."""
