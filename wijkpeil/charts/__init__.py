"""Pictures of a series and its line: one language for mails, the report and `wijkpeil explain`.

`picture` is what a chart shows, `drawing` where each mark and text of it lies, `svg` and `files`
what it is written as.
"""
