-- one row per programme, area, indicator or theme, axis and edition year: the class in this build
select
    edition_year,
    programme_id,
    area_code,
    indicator_id,
    -- of an indicator there is one alert, whatever it is judged by
    'own' as axis,
    if(is_alert, line_class, class) as trend_class,
    line_class,
from marts.stagnation
where programme_id is not null and is_headline

union all by name

select
    edition_year,
    programme_id,
    area_code,
    theme as indicator_id,
    unnest(['area', 'structural']) as axis,
    if(unnest([is_alert, is_structural]), 'standing_still', 'moving') as trend_class,
    trend_class as line_class,
from marts.area_alert
where programme_id is not null and "grouping" = 'theme'
