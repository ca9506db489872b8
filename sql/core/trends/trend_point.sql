-- one figure that a line goes through, with what it is compared with: series, line and year
-- a view of core.trend_line, which has them as lists
select
    series_id,
    line,
    segment,
    first_seen + unnest(t)::integer as year,
    unnest(own_values) as value,
    unnest(gemeente_values) as gemeente_value,
    unnest(nl_values) as nl_value,
    unnest(programme_values) as programme_value,
    unnest(e) as standard_error,
from core.trend_line
