"""Letters to programmes: sections, lines and pictures of a mail, and the body of a webhook."""
