-- How numbers and words are written in Dutch; made before the tables, kept out of the file.
create temp macro dutch_number(number, decimals) as
    replace(replace(replace(format('{:,.' || decimals || 'f}', round(number, decimals) + 0.0), ',', '_'), '.', ','), '_', '.');
create temp macro change_unit(unit) as
    if(unit = '%', 'procentpunt', unit);
create temp macro level(number, decimals, unit) as
    dutch_number(number, decimals) || if(unit = '%', '%', if(unit = 'rapportcijfer', '', ' ' || unit));
