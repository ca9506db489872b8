-- How codes are read, and numbers written; made before the tables, kept out of the file.
-- CBS pads codes, and calls the Netherlands NL00 in some tables and NL01 in others.
create temp macro cbs_area_code(code_key) as
    if(trim(code_key) = 'NL01', 'NL00', trim(code_key));
-- Rounded twice: the last bit of a sum, which differs by build, may not decide between 0.12 and 0.13.
create temp macro number_en(number, decimals) as
    format('{:,.' || decimals || 'f}', round(round(number, 9), decimals) + 0.0);
create temp macro number_nl(number, decimals) as
    replace(replace(replace(number_en(number, decimals), ',', '_'), '.', ','), '_', '.');
-- in thousands, written out: rounded as it was given, and then times a thousand
create temp macro counted_en(number, digits, zeros) as
    number_en(if(zeros = 3, 1000.0, 1.0) * round(number, digits), greatest(digits - zeros, 0));
create temp macro counted_nl(number, digits, zeros) as
    number_nl(if(zeros = 3, 1000.0, 1.0) * round(number, digits), greatest(digits - zeros, 0));
-- a level with its unit; a grade needs none
create temp macro with_unit(number, unit) as
    number || case when number is null or unit in ('rapportcijfer', 'cijfer') then ''
        when unit = '%' then '%' else ' ' || unit end;
