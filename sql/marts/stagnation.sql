-- the class of one area, indicator, axis and edition year, once per programme that follows it
with followed as (
    select area.programme_id, area.area_code, programme_indicator.indicator_id,
    from core.programme_area as area
    join catalog.programme_indicator as programme_indicator using (programme_id)
    where area.is_used and area.is_on_list
),

-- what a programme judges by its own size or reference goes before what all have in common
own as (
    select series.area_code, series.programme_id, series.indicator_id, course.axis,
    from core.trend_course as course
    join core.trend_series as series using (series_id)
    where series.programme_id is not null
),

common as (
    select trend.* exclude (programme_id), followed.programme_id
    from core.trend as trend
    left join followed using (area_code, indicator_id)
    anti join own
        on own.area_code = trend.area_code
        and own.programme_id = followed.programme_id
        and own.indicator_id = trend.indicator_id
        and own.axis = trend.axis
    where trend.programme_id is null
),

judged as (
    select * from common

    union all by name

    select trend.*
    from core.trend as trend
    semi join followed using (programme_id, area_code, indicator_id)
),

-- the gap that is told beside the level: to what the programme chose, else to the gemeente
told_gap as (
    select programme_id, area_code, indicator_id, edition_year,
        -- a column, since a condition on one side alone makes the join compare row by row
        'own' as beside_axis,
        arg_min(axis, preference) as axis,
        arg_min(class, preference) as class,
    from (
        select judged.*,
            case
                when axis = 'gap_programme' and programme.comparator <> 'programme' then 1
                when axis = 'gap_gemeente' then 2
                when axis = 'gap_nl' then 3
                else 4
            end as preference,
        from judged
        left join catalog.programme as programme using (programme_id)
        where axis <> 'own' and class <> 'insufficient' and gap < 0
    )
    group by all
),

-- a comparator of which an area is a large part is shown, and named, without that area
without_area as (
    select
        area_code,
        indicator_id,
        programme_id,
        bool_or(comparator = 'gemeente') as is_rest_of_gemeente,
        bool_or(comparator = 'programme') as is_rest_of_programme,
    from core.benchmark
    where is_self_excluded
    group by all
),

described as (
    select
        judged.*,
        coalesce(of_gemeente.is_rest_of_gemeente, false) as is_rest_of_gemeente,
        coalesce(of_programme.is_rest_of_programme, false) as is_rest_of_programme,
        place.area_name,
        indicator.unit,
        place.area_name || coalesce(' (' || place.gemeente_name || ')', '') as place,
        coalesce(indicator.name_en, indicator.name_nl) as name_en,
        indicator.name_nl,
        -- thousands are counted out: 310.000 euro
        if(starts_with(indicator.unit_in_words, 'duizend '), 3, 0) as zeros,
        indicator.decimals,
        least(indicator.decimals + 1, 4) as usual_decimals,
        -- a digit more where what matters would else be told as nought
        if(
            judged.meaningful_change < power(10, -usual_decimals),
            usual_decimals + 1,
            usual_decimals
        ) as slope_decimals,
        -- what people decided is told as they decided it; a share of the level as the slope is,
        -- where that comes near
        if(
            abs(round(judged.meaningful_change, slope_decimals) - judged.meaningful_change)
            <= if(
                if(
                    own_change.indicator_id is null,
                    indicator.change_relative,
                    own_change.change_relative
                ) is null,
                1e-9,
                0.05 * judged.meaningful_change
            ),
            slope_decimals,
            least(indicator.decimals + 2, 5)
        ) as change_decimals,
        -- of the figure itself, or of its lead on what it is compared with: up is better
        if(judged.axis = 'own', judged.slope, indicator.direction * judged.slope) as shown_slope,
        -- a gap is told in words as becoming smaller or larger
        if(judged.axis = 'own', judged.slope, abs(judged.slope)) as told_slope,
        (judged.gap < 0) = (indicator.direction * judged.slope >= 0) as is_narrowing,
        1.75 * judged.slope_error * judged.meaningful_change as slope_margin,
        sign(round(told_slope, slope_decimals)) as moves,
        indicator.direction > 0 as is_up_better,
        -- steps of a share and of a grade have a word of their own
        case
            when indicator.unit = '%' then 'points_of_percent'
            when indicator.unit in ('rapportcijfer', 'cijfer') then 'point'
        end as step,
        if(
            step is null,
            regexp_replace(coalesce(indicator.unit_in_words, indicator.unit), '^duizend ', ''),
            indicator.unit
        ) as unit_nl,
        if(step is null, coalesce(indicator.unit_en, unit_nl), indicator.unit) as unit_en,
        coalesce(place.gemeente_name, 'gemeente') as gemeente,
        coalesce(area_group.name_nl, programme.name_nl) as group_name,
        programme.comparator,
        source.title_nl as source_title,
        told_gap.axis as told_axis,
        told_gap.class as told_class,
        case
            when judged.axis = 'own' then 'own'
            when judged.gap >= 0 then 'ahead'
            else 'behind'
        end as form,
        case
            when judged.class = 'stagnating' and judged.is_held then 'held'
            when judged.class = 'stagnating' and form = 'behind' and not is_narrowing
                then 'widening'
            else judged.class
        end as phrase,
    from judged
    join catalog.indicator as indicator using (indicator_id)
    join core.place as place using (area_code)
    left join catalog.programme as programme on programme.programme_id = judged.programme_id
    left join catalog.area_group as area_group on area_group.group_id = programme.comparator
    left join catalog.programme_change as own_change
        on own_change.programme_id = judged.programme_id
        and own_change.indicator_id = judged.indicator_id
    left join meta.source as source on source.source_id = judged.source_id
    left join (
        select area_code, indicator_id, is_rest_of_gemeente
        from without_area
        where programme_id is null and is_rest_of_gemeente
    ) as of_gemeente
        on of_gemeente.area_code = judged.area_code
        and of_gemeente.indicator_id = judged.indicator_id
    left join (
        select area_code, indicator_id, programme_id, is_rest_of_programme
        from without_area
        where programme_id is not null and is_rest_of_programme
    ) as of_programme
        on of_programme.area_code = judged.area_code
        and of_programme.indicator_id = judged.indicator_id
        and of_programme.programme_id = judged.programme_id
    left join told_gap
        on told_gap.programme_id is not distinct from judged.programme_id
        and told_gap.area_code = judged.area_code
        and told_gap.indicator_id = judged.indicator_id
        and told_gap.edition_year = judged.edition_year
        and told_gap.beside_axis = judged.axis
),

-- sentences are for those who follow an area; of other wijken only what stands still now has one
told as (
    select described.*, place.gemeente_name,
        described.programme_id is not null
        or (
            described.axis = 'own'
            and (
                described.is_alert
                or described.edition_year = (select max(edition_year) from core.trend_window)
            )
        ) as is_told,
    from described
    join core.place as place using (area_code)
),

-- the fields of the sentences, in both languages
worded as (
    select
        *,
        {
            'place': place,
            'indicator': name_nl,
            'first_year': first_year::varchar,
            'last_year': last_year::varchar,
            'edition_year': edition_year::varchar,
            'moved': if(
                moves = 0,
                word_nl('stayed'),
                concat_ws(
                    ' ',
                    if(moves > 0, word_nl('rose'), word_nl('fell')),
                    counted_nl(abs(told_slope), slope_decimals, zeros),
                    if(step is null, unit_nl, word_nl(step)),
                    word_nl('a_year')
                )
            ),
            'gap_moved': if(
                moves = 0,
                word_nl('gap_stayed'),
                concat_ws(
                    ' ',
                    word_nl('gap_became'),
                    counted_nl(abs(told_slope), slope_decimals, zeros),
                    if(step is null, unit_nl, word_nl(step)),
                    if(is_narrowing, word_nl('smaller'), word_nl('larger'))
                )
            ),
            'low': counted_nl(told_slope - slope_margin, slope_decimals, zeros),
            'high': counted_nl(told_slope + slope_margin, slope_decimals, zeros),
            'unit': if(step is null, unit_nl, word_nl(step)),
            'better': if(is_up_better, word_nl('up'), word_nl('down')),
            'meaningful': counted_nl(meaningful_change, change_decimals, zeros),
            'value': with_unit(counted_nl(last_value, decimals, zeros), unit_nl),
            'gemeente': if(is_rest_of_gemeente, word_nl('rest_of') || ' ' || gemeente, gemeente),
            'gemeente_value': with_unit(counted_nl(gemeente_value, decimals, zeros), unit_nl),
            'nl_value': with_unit(counted_nl(nl_value, decimals, zeros), unit_nl),
            'reference': case coalesce(told_axis, axis)
                when 'gap_gemeente' then if(is_rest_of_gemeente, word_nl('rest_of') || ' ', '')
                    || coalesce(gemeente_name, word_nl('gemeente'))
                when 'gap_nl' then word_nl('nl')
                else case
                    when comparator <> 'programme' then group_name
                    when is_rest_of_programme then word_nl('other_areas')
                    else word_nl('programme')
                end
            end,
            'reference_value': with_unit(counted_nl(reference_value, decimals, zeros), unit_nl),
            'editions': editions_in_a_row::varchar,
            'points': points || ' ' || if(points = 1, word_nl('year'), word_nl('years')),
            'source': source_title
        } as field_nl,
        {
            'place': place,
            'indicator': name_en,
            'first_year': first_year::varchar,
            'last_year': last_year::varchar,
            'edition_year': edition_year::varchar,
            'moved': if(
                moves = 0,
                word_en('stayed'),
                concat_ws(
                    ' ',
                    if(moves > 0, word_en('rose'), word_en('fell')),
                    counted_en(abs(told_slope), slope_decimals, zeros),
                    if(step is null, unit_en, word_en(step)),
                    word_en('a_year')
                )
            ),
            'gap_moved': if(
                moves = 0,
                word_en('gap_stayed'),
                concat_ws(
                    ' ',
                    word_en('gap_became'),
                    counted_en(abs(told_slope), slope_decimals, zeros),
                    if(step is null, unit_en, word_en(step)),
                    if(is_narrowing, word_en('smaller'), word_en('larger'))
                )
            ),
            'low': counted_en(told_slope - slope_margin, slope_decimals, zeros),
            'high': counted_en(told_slope + slope_margin, slope_decimals, zeros),
            'unit': if(step is null, unit_en, word_en(step)),
            'better': if(is_up_better, word_en('up'), word_en('down')),
            'meaningful': counted_en(meaningful_change, change_decimals, zeros),
            'value': with_unit(counted_en(last_value, decimals, zeros), unit_en),
            'gemeente': if(is_rest_of_gemeente, word_en('rest_of') || ' ' || gemeente, gemeente),
            'gemeente_value': with_unit(counted_en(gemeente_value, decimals, zeros), unit_en),
            'nl_value': with_unit(counted_en(nl_value, decimals, zeros), unit_en),
            'reference': case coalesce(told_axis, axis)
                when 'gap_gemeente' then if(is_rest_of_gemeente, word_en('rest_of') || ' ', '')
                    || coalesce(gemeente_name, word_en('gemeente'))
                when 'gap_nl' then word_en('nl')
                else case
                    when comparator <> 'programme' then group_name
                    when is_rest_of_programme then word_en('other_areas')
                    else word_en('programme')
                end
            end,
            'reference_value': with_unit(counted_en(reference_value, decimals, zeros), unit_en),
            'editions': editions_in_a_row::varchar,
            'points': points || ' ' || if(points = 1, word_en('year'), word_en('years')),
            'source': source_title
        } as field_en,
        case
            when axis <> 'own' and reference_value is not null then 'standing.reference'
            when gemeente_value is not null and nl_value is not null then 'standing.both'
            when gemeente_value is not null then 'standing.gemeente'
            when nl_value is not null then 'standing.nl'
            else 'standing.alone'
        end as standing_key,
        'basis.' || if(is_last_provisional, 'provisional', 'final') as basis_key,
    from told
    where is_told
)

select
    edition_year,
    area_code,
    area_name,
    programme_id,
    indicator_id,
    axis,
    class,
    shown_slope as slope,
    shown_slope - slope_margin as slope_low,
    shown_slope + slope_margin as slope_high,
    meaningful_change,
    points,
    first_year,
    last_year,
    is_alert,
    editions_in_a_row,
    sentence_nl(form || '.' || phrase, field_nl)
    || if(
        class = 'insufficient', sentence_nl('lack.' || lack, field_nl),
        coalesce(sentence_nl(standing_key, field_nl), '')
        || coalesce(sentence_nl('gap.' || told_class, field_nl), '')
        || if(editions_in_a_row >= 3, sentence_nl('run.long', field_nl), '')
        || coalesce(sentence_nl(basis_key, field_nl), '')
    ) as sentence_nl,
    sentence_en(form || '.' || phrase, field_en)
    || if(
        class = 'insufficient', sentence_en('lack.' || lack, field_en),
        coalesce(sentence_en(standing_key, field_en), '')
        || coalesce(sentence_en('gap.' || told_class, field_en), '')
        || if(editions_in_a_row >= 3, sentence_en('run.long', field_en), '')
        || coalesce(sentence_en(basis_key, field_en), '')
    ) as sentence_en,
    last_value,
    reference_value,
    gap,
    is_held,
    is_new_alert_allowed,
    class_at_half,
    class_at_double,
    suspected_breaks,
from worded

union all by name

select
    edition_year,
    area_code,
    area_name,
    programme_id,
    indicator_id,
    axis,
    class,
    shown_slope as slope,
    shown_slope - slope_margin as slope_low,
    shown_slope + slope_margin as slope_high,
    meaningful_change,
    points,
    first_year,
    last_year,
    is_alert,
    editions_in_a_row,
    null::varchar as sentence_nl,
    null::varchar as sentence_en,
    last_value,
    reference_value,
    gap,
    is_held,
    is_new_alert_allowed,
    class_at_half,
    class_at_double,
    suspected_breaks,
from told
where not is_told
