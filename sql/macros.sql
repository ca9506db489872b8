-- How codes are read, and numbers and words written in Dutch; made before the tables, kept out of
-- the file. CBS pads codes, and calls the Netherlands NL00 in some tables and NL01 in others.
create temp macro cbs_area_code(code_key) as
    if(trim(code_key) = 'NL01', 'NL00', trim(code_key));
create temp macro dutch_number(number, decimals) as
    replace(replace(replace(format('{:,.' || decimals || 'f}', round(number, decimals) + 0.0), ',', '_'), '.', ','), '_', '.');
create temp macro change_unit(unit) as
    if(unit = '%', 'procentpunt', unit);
create temp macro level(number, decimals, unit) as
    dutch_number(number, decimals) || if(unit = '%', '%', if(unit = 'rapportcijfer', '', ' ' || unit));
