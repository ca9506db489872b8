-- one year in which the country's own figure is far from the year before, beyond what it ever does
-- otherwise: more likely another column, unit or definition than what happened
with nation as (
    select
        indicator_id,
        year,
        source_id,
        value,
        lag(value) over series as value_before,
        lag(year) over series as year_before,
    from core.published
    where area_code = 'NL00' and value is not null
    window series as (partition by indicator_id order by year)
),

step as (
    select
        *,
        abs(value - value_before) as size,
        abs(value - value_before) / nullif(greatest(abs(value), abs(value_before)), 0) as share,
    from nation
    where value_before is not null
),

compared as (
    select
        step.indicator_id,
        step.year,
        step.year_before,
        step.source_id,
        step.value,
        step.value_before,
        step.size,
        step.share,
        median(other.size / nullif(other.year - other.year_before, 0)) as usual_size,
        count(other.year) as other_steps,
    from step
    left join step as other
        on other.indicator_id = step.indicator_id
        and other.year <> step.year
    group by all
)

select
    compared.indicator_id,
    compared.year,
    compared.source_id,
    compared.value_before,
    compared.value,
from compared
anti join catalog.indicator_break as definition_break
    on definition_break.indicator_id = compared.indicator_id
    and definition_break.year > compared.year_before
    and definition_break.year <= compared.year
anti join catalog.explained_jump as explained
    on explained.indicator_id = compared.indicator_id
    and explained.year = compared.year
where compared.share > rule('national_share')
    and (
        compared.other_steps = 0
        or compared.size
        > rule('national_times') * compared.usual_size * (compared.year - compared.year_before)
    )
