"""The pages that clinicians read: protocols, evidence and defaults, printed from the data as Markdown and as HTML."""
