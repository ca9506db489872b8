-- How codes, numbers and years are read, numbers rounded, and slopes judged; made before the tables.
-- What class a slope has is core.outcome_of and core.class_of.
-- What views need is in the file, as core.<name>; all else is kept out of it.

-- One number for an area kind, indicator, axis and edition year.
create macro core.noise_id(pool_axis, year) as pool_axis * 1000 + year - 1500;
-- Rounded, so that the last bit of a sum puts no area on another side of what matters.
create macro core.to_score(number) as
    round(number * 10 ** rule('score_decimals')) / 10 ** rule('score_decimals');
-- The variance of a figure around its line by the pooled noise and the residuals of the area itself: the
-- pool has its weight, so that a noisier area widens its own margin.
create macro core.pooled_variance(residual_sum, degrees, usual) as
    (rule('pool_weight') * usual + residual_sum) / (rule('pool_weight') + degrees);
-- Whether an area scatters beyond what chance makes of the pooled noise: it is none of the pool.
create macro core.has_own_noise(residual_sum, degrees, usual) as
    coalesce(
        core.to_score(
            core.pooled_variance(residual_sum, degrees, usual) - rule('own_noise_ratio') * usual
        ) > 0,
        false
    );
-- The mean scatter of a pool beyond that of the figures themselves. Decimals add up to the same in
-- every order, so that two builds are alike.
create macro core.mean_scatter(residual_sum, degrees, sampling_variance) as
    greatest(
        0,
        sum(
            greatest(
                least(residual_sum - degrees * sampling_variance, 1e20), -1e20
            )::decimal(38, 12)
        )::double
        / nullif(sum(degrees), 0)
    );
-- How much wider errors that remember the year before (autocorrelation, 0 to 1) make the variance of a
-- slope than its residuals show; not at all where it is not known.
create macro core.memory_inflation(autocorrelation) as
    (1 + coalesce(autocorrelation, 0)) / (1 - coalesce(autocorrelation, 0));
-- The errors above a slope that must stay under an improvement of `size` for a new alert: the wider the
-- margin beside what is asked, the less a line can tell, and the more is asked of it.
create macro core.entry_errors(error, has_own_noise, size) as
    greatest(
        rule('margin_errors')
        + rule('wide_entry_errors') * greatest(error / size - rule('wide_error'), 0),
        if(has_own_noise, rule('own_noise_entry_errors'), 0)
    );
-- What a slope and its error tell where an improvement of `size` is asked: all in meaningful changes a
-- year. A decline is one by the agreed size, whatever is asked: asking more makes nothing milder.
create macro core.outcome_of(score, error, has_own_noise, size) as
    case
        when score <= -1 and score + rule('margin_errors') * error < 0 then 'deteriorating'
        when score >= size and score - rule('margin_errors') * error > 0 then 'improving'
        when score + core.entry_errors(error, has_own_noise, size) * error < size then 'entering'
        when score + rule('kept_errors') * error < size then 'holding'
        else 'open'
    end;
-- The class of an outcome: what holds stands still where an alert was up (core.trend_course), what
-- enters always does. On a gap axis core.verdict makes it 'ahead' where there is no gap.
create macro core.class_of(outcome, is_alert) as
    case
        when outcome in ('insufficient', 'deteriorating', 'improving') then outcome
        when is_alert or outcome = 'entering' then 'stagnating'
        else 'inconclusive'
    end;

-- Whether a cause stands still, of which so many indicators do and so many have an outcome: half of
-- them will do, for of thirteen kinds of crime one or other nearly always does.
create macro core.is_cause_alert(alerts, conclusive) as alerts > 0 and 2 * alerts >= conclusive;
-- Whether an area stands still as a whole: so many causes do, and such a part of those with an outcome;
-- where fewer have one, fewer. `causes` is all there are, `figures` how many indicators have an outcome.
create macro core.is_area_alert(alerts, conclusive, causes, figures) as
    case
        when conclusive >= rule('area_many_conclusive')
            then alerts >= rule('area_alerts') and alerts >= conclusive / rule('area_one_in')
        when conclusive >= rule('area_few_conclusive') then alerts >= rule('area_alerts_of_few')
        -- a theme of few causes, of which one is many indicators, as crime is: all of them
        when causes < rule('area_few_conclusive') and figures >= rule('area_few_conclusive')
            then alerts = causes
        else false
    end;
-- Whether it does so for long: a lasting one here and there makes no area that stands still as a whole.
create macro core.is_area_structural(lasting, causes) as
    lasting >= least(rule('structural_indicators'), causes);

-- The true slopes, in sizes, that the chances of core.trend_prior are about: closer together around
-- what matters, which is one of them.
create macro core.true_slopes() as
    [-3.0, -2.0, -1.3, -0.8, -0.4, 0.0, 0.4, 0.7, 1.0, 1.3, 1.7, 2.2, 3.0]::double[];
create macro core.true_slope_bounds() as
    [-3.5, -2.5, -1.65, -1.05, -0.6, -0.2, 0.2, 0.55, 0.85, 1.15, 1.5, 1.95, 2.6, 3.4]::double[];
-- How well each of them agrees with a slope and its error.
create temp macro agreement(score, error) as
    list_transform(
        core.true_slopes(), x -> exp(-0.5 * (x - score) * (x - score) / (error * error))
    );
create macro core.share_of(k, score, error, chances) as
    chances[k] * exp(
        -0.5 * (core.true_slopes()[k] - score) * (core.true_slopes()[k] - score) / (error * error)
    );
-- Each stands for its surroundings, from halfway to the one before to halfway to the next: how much of
-- that is from `from_slope` on.
create macro core.share_from(k, from_slope) as
    least(
        greatest(
            (core.true_slope_bounds()[k + 1] - from_slope)
            / (core.true_slope_bounds()[k + 1] - core.true_slope_bounds()[k]),
            0
        ),
        1
    );
-- The chance that the true slope is `from_slope` or better, of a slope and its error, by the chances
-- of true slopes before these were seen. Written out and without a condition, in which DuckDB would
-- compute the slope and its error anew for each term: lists or conditions take ten times as long.
create macro core.chance_from(score, error, chances, from_slope) as
    (
        core.share_of(1, score, error, chances) * core.share_from(1, from_slope)
        + core.share_of(2, score, error, chances) * core.share_from(2, from_slope)
        + core.share_of(3, score, error, chances) * core.share_from(3, from_slope)
        + core.share_of(4, score, error, chances) * core.share_from(4, from_slope)
        + core.share_of(5, score, error, chances) * core.share_from(5, from_slope)
        + core.share_of(6, score, error, chances) * core.share_from(6, from_slope)
        + core.share_of(7, score, error, chances) * core.share_from(7, from_slope)
        + core.share_of(8, score, error, chances) * core.share_from(8, from_slope)
        + core.share_of(9, score, error, chances) * core.share_from(9, from_slope)
        + core.share_of(10, score, error, chances) * core.share_from(10, from_slope)
        + core.share_of(11, score, error, chances) * core.share_from(11, from_slope)
        + core.share_of(12, score, error, chances) * core.share_from(12, from_slope)
        + core.share_of(13, score, error, chances) * core.share_from(13, from_slope)
    ) / (
        core.share_of(1, score, error, chances)
        + core.share_of(2, score, error, chances)
        + core.share_of(3, score, error, chances)
        + core.share_of(4, score, error, chances)
        + core.share_of(5, score, error, chances)
        + core.share_of(6, score, error, chances)
        + core.share_of(7, score, error, chances)
        + core.share_of(8, score, error, chances)
        + core.share_of(9, score, error, chances)
        + core.share_of(10, score, error, chances)
        + core.share_of(11, score, error, chances)
        + core.share_of(12, score, error, chances)
        + core.share_of(13, score, error, chances)
    );
-- A slope within those of which there are chances; where its error is small beside the steps between
-- them, so many errors from `from_slope` as it was.
create macro core.slope_within(score, error, from_slope) as
    least(
        greatest(
            from_slope
            + (score - from_slope) * greatest(1, rule('prior_least_error') / greatest(error, 1e-9)),
            core.true_slopes()[1]
        ),
        core.true_slopes()[-1]
    );
-- What the chances of the true slopes become after lines of which each agrees so with them, where
-- `known` weighs as `weight` lines: expectation and maximisation, `steps` times from `known` on.
-- `lines` is how many there are of each kind, in one order, so that two builds are alike.
create temp macro chances_after(lines, agreements, known, weight, steps) as
    list_reduce(
        list_transform(range(steps + 1), step -> known),
        (chances, same) -> list_transform(
            [
                list_transform(
                    list_zip(lines, agreements), x -> x[1] / list_dot_product(chances, x[2])
                )
            ],
            shares -> list_transform(
                range(1, len(known) + 1),
                k -> (
                    chances[k]
                    * list_dot_product(shares, list_transform(agreements, each -> each[k]))
                    + weight * known[k]
                ) / (list_sum(lines) + weight)
            )
        )[1]
    );

-- A text of CBS without the blanks it pads with. Those that do not break are sought only where a
-- character is not ASCII, for that costs four times as much.
create temp macro cbs_text(text) as
    if(
        strlen(text) = length(text),
        trim(text),
        trim(text, concat(' ', chr(160), chr(8199), chr(8239), chr(65279)))
    );
-- The code of an area. CBS calls the Netherlands NL00 in some tables and NL01 in others; of the codes
-- that begin with NL a source has one, the country (wijkpeil/sources/area_codes.py).
create temp macro cbs_area_code(code_key) as
    if(starts_with(code_key, 'NL') and length(cbs_text(code_key)) = 4, 'NL00', cbs_text(code_key));
-- What CBS writes for a figure that is not given: not known, secret, and in older tables nil, which
-- may be a figure rounded away; none is a nought.
create temp macro is_missing_sign(text) as text in ('.', 'x', 'X', '-');
-- Whether the figures of a source's measure are provisional in a year, by catalog or metadata.
create temp macro is_provisional_in(is_always, years, year) as
    coalesce(is_always, false) or coalesce(list_contains(years, year), false);
-- The standard error of a figure with what rounding adds to it: within a step every figure is as likely.
create temp macro error_with_rounding(error, step) as
    if(step is null, error, sqrt(coalesce(error, 0) ** 2 + step ** 2 / 12));
-- To so many decimals, halves away from zero; wijkpeil/rounding.py does the same in pages and mails.
-- What differs by less than half a hundred-millionth is one number: the last bit of a sum, which
-- differs by build, may not decide between 0.12 and 0.13.
create temp macro half_up(number, decimals) as
    round(round(round(number, 8) * power(10, decimals), 6)) / power(10, decimals) + 0.0;
-- A text without what surrounds it: spaces of any width, tabs, marks that cannot be seen.
create temp macro bare(text) as
    regexp_replace(text, '^[\s\p{Z}\x{FEFF}\x{200B}]+|[\s\p{Z}\x{FEFF}\x{200B}]+$', '', 'g');
-- A finite number, or null where a double cannot hold it.
create temp macro finite(number) as if(isfinite(number), number, null);
-- A number as JSON and CBS's untyped sets write it, where a power of ten may follow. Of what DuckDB
-- takes besides only the underscore tells another number.
create temp macro number_of_cbs(text) as
    if(contains(text, '_'), null, finite(try_cast(text as double)));
-- A number as people write it: digits, then in groups of three where there is a mark of thousands,
-- then a mark and decimals; a sign may stand before it, and programs for statistics leave out the
-- nought before the mark. All else is no number, so that 6.02 never becomes 602.
create temp macro number_of_extract(text, decimal_mark, thousands_mark) as
    if(
        contains(text, chr(1)) or contains(text, chr(2)),
        null,
        finite(try_cast(
            nullif(
                replace(
                    replace(
                        regexp_extract(
                            replace(
                                replace(
                                    replace(regexp_replace(bare(text), '\p{Z}', ' ', 'g'), '−', '-'),
                                    decimal_mark,
                                    chr(1)
                                ),
                                if(thousands_mark = '', chr(2), thousands_mark),
                                chr(2)
                            ),
                            '^[+-]?([0-9]+|[1-9][0-9]{0,2}(\x02[0-9]{3})+)?(\x01[0-9]+)?$'
                        ),
                        chr(2),
                        ''
                    ),
                    chr(1),
                    '.'
                ),
                ''
            ) as double
        ))
    );
-- A year: four digits, behind which a spreadsheet may have put a mark and noughts.
create temp macro year_of(text) as
    if(regexp_full_match(bare(text), '[0-9]{4}([.,]0+)?'), left(bare(text), 4)::integer, null);
-- A year of which there can be figures: no earlier than series are kept, no later than received.
create temp macro is_possible_year(year, received_on) as
    year between 1970 and date_part('year', received_on);
