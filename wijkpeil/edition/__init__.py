"""From snapshots to a published file: models, loading, revisions, build, checks, publish."""
