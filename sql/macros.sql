-- How codes, numbers and years are read, numbers rounded, and slopes judged; made before the tables.
-- What views need is in the file, as core.<name>; all else is kept out of it.

-- Rounded, so that the last bit of a sum puts no area on another side of what matters.
create macro core.to_score(number) as
    round(number * 10 ** rule('score_decimals')) / 10 ** rule('score_decimals');
-- What a slope and its error tell against a change of `size`: all in meaningful changes a year.
create macro core.outcome_of(score, error, entry_errors, size) as
    case
        when score <= -size and score + rule('margin_errors') * error < 0 then 'deteriorating'
        when score >= size and score - rule('margin_errors') * error > 0 then 'improving'
        when score + entry_errors * error < size then 'entering'
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
