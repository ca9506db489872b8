-- one row per programme and indicator it follows of which figures in the window could not be had
select
    followed.programme_id,
    indicator.name_nl as indicator_nl,
    coalesce(indicator.name_en, indicator.name_nl) as indicator_en,
    list(distinct missing.year order by missing.year) filter (where missing.year is not null) as years,
from core.missing_basis as missing
join catalog.indicator as indicator using (indicator_id)
join catalog.programme_indicator as followed using (indicator_id)
where missing.is_in_window
group by followed.programme_id, indicator.indicator_id, indicator.name_nl, indicator.name_en
order by followed.programme_id, indicator.name_nl
