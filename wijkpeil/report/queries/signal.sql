-- one judgement that a programme follows, and what became of it since the edition year before
select
    current.programme_id,
    current.area_code,
    current.area_name,
    current.indicator_id,
    indicator.rowid as indicator_position,
    current.class,
    current.axis <> 'own' as is_gap,
    current.is_alert,
    current.editions_in_a_row as editions,
    current.sentence_nl,
    current.sentence_en,
    current.is_alert and not coalesce(before.is_alert, false) as is_new,
    -- an alert that lost its figures is not over
    coalesce(before.is_alert, false) and not current.is_alert and current.class <> 'insufficient'
        as is_lifted,
from marts.stagnation as current
join catalog.indicator as indicator using (indicator_id)
left join marts.stagnation as before
    on before.programme_id = current.programme_id
    and before.area_code = current.area_code
    and before.indicator_id = current.indicator_id
    and before.is_headline
    and before.edition_year = current.edition_year - 1
where current.is_headline
    and current.programme_id is not null
    and current.edition_year = (select max(edition_year) from marts.stagnation)
