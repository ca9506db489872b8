-- a verdict in words: one area, indicator, axis and edition year, once per programme that follows it
with judged as materialized (
    select * from core.verdict
),

-- the gap that is told beside the level: to what the programme chose, else to the gemeente
told_gap as (
    select programme_id, area_code, indicator_id, edition_year,
        -- a column, since a condition on one side alone makes the join compare row by row
        'own' as beside_axis,
        arg_min(axis, preference) as axis,
        arg_min(line_phrase, preference) as phrase,
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
        where axis <> 'own' and line_class <> 'insufficient' and not is_ahead
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

-- what the headline was compared with when its line began
begun as (
    select
        judged.area_code,
        judged.programme_id,
        judged.indicator_id,
        judged.edition_year,
        judged.axis,
        point.value as first_value,
        case judged.axis
            when 'gap_gemeente' then point.gemeente_value
            else point.nl_value
        end as first_reference,
    from judged
    join core.trend_point as point
        on point.series_id = judged.series_id
        and point.line = judged.line
        and point.year = judged.first_year
    where judged.is_headline and judged.axis <> 'own'
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
        zeros_of(indicator.unit_in_words) as zeros,
        indicator.decimals,
        least(indicator.decimals + 1, 4) as usual_decimals,
        -- a digit more where what matters would else be told as nought
        if(
            judged.meaningful_change < power(10, -usual_decimals),
            usual_decimals + 1,
            usual_decimals
        ) as slope_decimals,
        if(
            own_change.indicator_id is null,
            indicator.change_relative,
            own_change.change_relative
        ) is not null as is_relative,
        -- what people decided is told as they decided it; a share of the level as the slope is,
        -- where that comes near
        if(
            abs(half_up(judged.meaningful_change, slope_decimals) - judged.meaningful_change)
            <= if(is_relative, 0.05 * judged.meaningful_change, 1e-9),
            slope_decimals,
            least(indicator.decimals + 2, 5)
        ) as change_decimals,
        -- where a share of the level matters, developments are compared in percent, and so is the
        -- gap told: in percent of what is compared with
        judged.axis <> 'own' and is_relative as is_in_percent,
        if(is_in_percent, abs(100 * judged.scale / nullif(judged.mean_value, 0)), 1.0) as factor,
        factor * judged.meaningful_change as told_change,
        case
            when not is_in_percent then slope_decimals
            when told_change < 0.1 then 2
            else 1
        end as told_decimals,
        if(is_in_percent, 0, zeros) as told_zeros,
        -- of the figure itself, or of its lead on what it is compared with: up is better
        if(judged.axis = 'own', judged.slope, indicator.direction * judged.slope) as shown_slope,
        rule('margin_errors') * judged.slope_error * judged.meaningful_change as slope_margin,
        -- how the figure moves, or the size of the difference
        factor * if(judged.axis <> 'own' and not judged.is_ahead, -1, 1) * shown_slope as movement,
        sign(half_up(movement, told_decimals)) as moves,
        -- told in words as rising or falling, becoming smaller or larger: the margin turns along,
        -- so that what is told lies in it
        if(moves = 0, 1, moves) * movement as told_slope,
        factor * slope_margin as told_margin,
        indicator.direction > 0 as is_up_better,
        -- the last years alone, told as the whole line is
        factor
        * if(
            judged.axis = 'own',
            judged.recent_slope,
            if(judged.is_ahead, 1, -1) * indicator.direction * judged.recent_slope
        ) as recent_movement,
        sign(half_up(recent_movement, told_decimals)) as recent_moves,
        if(recent_moves = 0, 1, recent_moves) * recent_movement as told_recent_slope,
        factor * rule('margin_errors') * judged.recent_error * judged.meaningful_change
            as told_recent_margin,
        -- the figure itself, told beside the gap that is judged
        sign(half_up(judged.own_slope, slope_decimals)) as own_moves,
        if(own_moves = 0, 1, own_moves) * judged.own_slope as told_own_slope,
        100 * begun.first_value / nullif(begun.first_reference, 0) as first_share,
        100 * judged.last_value / nullif(judged.reference_value, 0) as last_share,
        -- not where single years say otherwise than the line through all
        coalesce(
            is_in_percent
            and begun.first_value >= 0 and begun.first_reference > 0
            and judged.last_value >= 0 and judged.reference_value > 0
            and indicator.direction
            * sign(half_up(last_share, 1) - half_up(first_share, 1))
            * sign(shown_slope) >= 0,
            false
        ) as is_share_told,
        if(indicator.direction > 0, indicator.range_high, indicator.range_low) as bound,
        indicator.window_years,
        -- steps of a share and of a grade have a word of their own
        step_of(indicator.unit) as step,
        counted_unit(indicator.unit, indicator.unit_in_words) as unit_nl,
        if(step is null, coalesce(indicator.unit_en, unit_nl), indicator.unit) as unit_en,
        coalesce(area_group.name_nl, programme.name_nl) as group_name,
        programme.comparator,
        source.title_nl as source_title,
        told_gap.axis as told_axis,
        told_gap.phrase as told_phrase,
        case
            when judged.axis = 'own' then 'own'
            when judged.is_ahead then 'ahead'
            when judged.is_headline then 'judged'
            else 'behind'
        end as form,
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
        -- once is enough
        and told_gap.axis is distinct from judged.against_axis
    left join begun
        on begun.programme_id is not distinct from judged.programme_id
        and begun.area_code = judged.area_code
        and begun.indicator_id = judged.indicator_id
        and begun.edition_year = judged.edition_year
        and begun.axis = judged.axis
),

-- sentences are for those who follow an area; of other wijken only what stands still now has one
told as (
    select described.*, place.gemeente_name,
        -- what a sentence names: a group that the programme chose is called by its name
        case coalesce(told_axis, axis)
            when 'gap_gemeente' then 'gemeente'
            when 'gap_nl' then 'nl'
            else 'programme'
        end as compared_with,
        case
            when compared_with = 'gemeente' then place.gemeente_name
            when comparator <> 'programme' then group_name
        end as compared_name,
        if(compared_with = 'gemeente', is_rest_of_gemeente, is_rest_of_programme)
            as is_compared_rest,
        case against_axis
            when 'gap_gemeente' then 'gemeente'
            when 'gap_nl' then 'nl'
            when 'gap_programme' then 'programme'
            else compared_with
        end as against_with,
        case
            when against_with = 'gemeente' then place.gemeente_name
            when comparator <> 'programme' then group_name
        end as against_name,
        if(against_with = 'gemeente', is_rest_of_gemeente, is_rest_of_programme)
            as is_against_rest,
        if(step is null, unit_nl, word_nl(step)) as step_nl,
        if(is_in_percent, word_nl('unit.points_of_percent'), step_nl) as gap_unit_nl,
        if(step is null, unit_en, word_en(step)) as step_en,
        if(is_in_percent, word_en('unit.points_of_percent'), step_en) as gap_unit_en,
        described.programme_id is not null
        or (
            described.is_headline
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
            'moved': moved_nl(moves, told_slope, told_decimals, told_zeros, step_nl),
            'gap_moved': gap_moved_nl(
                moves, told_slope, told_decimals, told_zeros, gap_unit_nl, is_in_percent
            ),
            'low': counted_nl(told_slope - told_margin, told_decimals, told_zeros),
            'recent_year': (last_year - rule('bend_years') + 1)::varchar,
            'recent_moved': if(
                axis = 'own',
                moved_nl(recent_moves, told_recent_slope, told_decimals, told_zeros, step_nl),
                gap_moved_nl(
                    recent_moves, told_recent_slope, told_decimals, told_zeros, gap_unit_nl,
                    is_in_percent
                )
            ),
            'recent_low': counted_nl(
                told_recent_slope - told_recent_margin, told_decimals, told_zeros
            ),
            'recent_high': counted_nl(
                told_recent_slope + told_recent_margin, told_decimals, told_zeros
            ),
            'high': counted_nl(told_slope + told_margin, told_decimals, told_zeros),
            'unit': gap_unit_nl,
            'better': if(is_up_better, word_nl('up'), word_nl('down')),
            'meaningful': if(
                is_in_percent,
                counted_nl(told_change, told_decimals, 0),
                counted_nl(meaningful_change, change_decimals, zeros)
            ),
            'own_moved': moved_nl(own_moves, told_own_slope, slope_decimals, zeros, step_nl),
            'own_low': counted_nl(told_own_slope - own_slope_margin, slope_decimals, zeros),
            'own_high': counted_nl(told_own_slope + own_slope_margin, slope_decimals, zeros),
            'against': reference_nl(against_with, against_name, is_against_rest),
            'shares': if(
                is_share_told,
                concat_ws(
                    ' ',
                    word_nl('share_from'),
                    number_nl(first_share, 1) || '%',
                    word_nl('share_to'),
                    number_nl(last_share, 1) || '%',
                    word_nl('share_of'),
                    reference_nl(compared_with, compared_name, is_compared_rest)
                ),
                ''
            ),
            'bound': with_unit(counted_nl(bound, 0, zeros), unit_nl),
            'window': window_years::varchar,
            'value': with_unit(counted_nl(last_value, decimals, zeros), unit_nl),
            'gemeente': reference_nl('gemeente', gemeente_name, is_rest_of_gemeente),
            'gemeente_value': with_unit(counted_nl(gemeente_value, decimals, zeros), unit_nl),
            'nl_value': with_unit(counted_nl(nl_value, decimals, zeros), unit_nl),
            'reference': reference_nl(compared_with, compared_name, is_compared_rest),
            'reference_value': with_unit(counted_nl(reference_value, decimals, zeros), unit_nl),
            'share': number_nl(last_share, 1),
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
            'moved': moved_en(moves, told_slope, told_decimals, told_zeros, step_en),
            'gap_moved': gap_moved_en(
                moves, told_slope, told_decimals, told_zeros, gap_unit_en, is_in_percent
            ),
            'low': counted_en(told_slope - told_margin, told_decimals, told_zeros),
            'recent_year': (last_year - rule('bend_years') + 1)::varchar,
            'recent_moved': if(
                axis = 'own',
                moved_en(recent_moves, told_recent_slope, told_decimals, told_zeros, step_en),
                gap_moved_en(
                    recent_moves, told_recent_slope, told_decimals, told_zeros, gap_unit_en,
                    is_in_percent
                )
            ),
            'recent_low': counted_en(
                told_recent_slope - told_recent_margin, told_decimals, told_zeros
            ),
            'recent_high': counted_en(
                told_recent_slope + told_recent_margin, told_decimals, told_zeros
            ),
            'high': counted_en(told_slope + told_margin, told_decimals, told_zeros),
            'unit': gap_unit_en,
            'better': if(is_up_better, word_en('up'), word_en('down')),
            'meaningful': if(
                is_in_percent,
                counted_en(told_change, told_decimals, 0),
                counted_en(meaningful_change, change_decimals, zeros)
            ),
            'own_moved': moved_en(own_moves, told_own_slope, slope_decimals, zeros, step_en),
            'own_low': counted_en(told_own_slope - own_slope_margin, slope_decimals, zeros),
            'own_high': counted_en(told_own_slope + own_slope_margin, slope_decimals, zeros),
            'against': reference_en(against_with, against_name, is_against_rest),
            'shares': if(
                is_share_told,
                concat_ws(
                    ' ',
                    word_en('share_from'),
                    number_en(first_share, 1) || '%',
                    word_en('share_to'),
                    number_en(last_share, 1) || '%',
                    word_en('share_of'),
                    reference_en(compared_with, compared_name, is_compared_rest)
                ),
                ''
            ),
            'bound': with_unit(counted_en(bound, 0, zeros), unit_en),
            'window': window_years::varchar,
            'value': with_unit(counted_en(last_value, decimals, zeros), unit_en),
            'gemeente': reference_en('gemeente', gemeente_name, is_rest_of_gemeente),
            'gemeente_value': with_unit(counted_en(gemeente_value, decimals, zeros), unit_en),
            'nl_value': with_unit(counted_en(nl_value, decimals, zeros), unit_en),
            'reference': reference_en(compared_with, compared_name, is_compared_rest),
            'reference_value': with_unit(counted_en(reference_value, decimals, zeros), unit_en),
            'share': number_en(last_share, 1),
            'editions': editions_in_a_row::varchar,
            'points': points || ' ' || if(points = 1, word_en('year'), word_en('years')),
            'source': source_title
        } as field_en,
        case
            when form = 'judged' and is_share_told then 'reference'
            when is_in_percent and last_value >= 0 and reference_value > 0 then 'share'
            when axis <> 'own' and reference_value is not null then 'reference'
            when gemeente_value is not null and nl_value is not null then 'both'
            when gemeente_value is not null then 'gemeente'
            when nl_value is not null then 'nl'
            else 'alone'
        end as standing,
        if(is_last_provisional, 'provisional', 'final') as basis,
        if(axis = 'own', 'level', 'gap') as summary,
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
    case form
        when 'own' then own_sentence_nl(phrase, field_nl)
        when 'judged' then judged_sentence_nl(phrase, field_nl)
        when 'behind' then behind_sentence_nl(phrase, field_nl)
        else ahead_sentence_nl(phrase, field_nl)
    end
    || if(
        class = 'insufficient', lack_sentence_nl(lack, field_nl),
        if(
            is_headline and axis <> 'own' and own_class <> 'insufficient',
            beside_sentence_nl('own', field_nl),
            ''
        )
        || coalesce(standing_sentence_nl(standing, field_nl), '')
        || coalesce(gap_sentence_nl(told_phrase, field_nl), '')
        || if(
            editions_in_a_row >= rule('lasting_editions'),
            run_sentence_nl('long', field_nl),
            ''
        )
        || coalesce(basis_sentence_nl(basis, field_nl), '')
    ) as sentence_nl,
    case
        when is_headline and class <> 'insufficient' then
            summary_sentence_nl(summary, field_nl)
            || coalesce(standing_sentence_nl(standing, field_nl), '')
    end as summary_nl,
    case form
        when 'own' then own_sentence_en(phrase, field_en)
        when 'judged' then judged_sentence_en(phrase, field_en)
        when 'behind' then behind_sentence_en(phrase, field_en)
        else ahead_sentence_en(phrase, field_en)
    end
    || if(
        class = 'insufficient', lack_sentence_en(lack, field_en),
        if(
            is_headline and axis <> 'own' and own_class <> 'insufficient',
            beside_sentence_en('own', field_en),
            ''
        )
        || coalesce(standing_sentence_en(standing, field_en), '')
        || coalesce(gap_sentence_en(told_phrase, field_en), '')
        || if(
            editions_in_a_row >= rule('lasting_editions'),
            run_sentence_en('long', field_en),
            ''
        )
        || coalesce(basis_sentence_en(basis, field_en), '')
    ) as sentence_en,
    case
        when is_headline and class <> 'insufficient' then
            summary_sentence_en(summary, field_en)
            || coalesce(standing_sentence_en(standing, field_en), '')
    end as summary_en,
    last_value,
    reference_value,
    gap,
    is_held,
    is_new_alert_allowed,
    line_class,
    class_at_half,
    class_at_double,
    suspected_breaks,
    is_headline,
    is_once_per_area,
    phrase,
    own_class,
    against_axis,
    if(is_alert, false_discovery_rate, null) as local_fdr,
    standstill_chance,
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
    null::varchar as summary_nl,
    null::varchar as summary_en,
    last_value,
    reference_value,
    gap,
    is_held,
    is_new_alert_allowed,
    line_class,
    class_at_half,
    class_at_double,
    suspected_breaks,
    is_headline,
    is_once_per_area,
    phrase,
    own_class,
    against_axis,
    if(is_alert, false_discovery_rate, null) as local_fdr,
    standstill_chance,
from told
where not is_told
