-- one source of figures, by number: what is carried along for every figure stays small
select (row_number() over (order by source_id nulls first) - 1)::integer as source_number, source_id
from (
    select source_id from core.observation

    union

    -- number 0 is that of no source
    select null as source_id
)
