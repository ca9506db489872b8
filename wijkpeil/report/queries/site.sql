-- what every page knows
select to_json({
    'edition_year': (select max(edition_year) from marts.stagnation),
    'is_synthetic': (
        select coalesce(bool_or(is_synthetic), false) or (select is_synthetic from meta.edition)
        from meta.source
    ),
    'indicators': coalesce((
        select list({
            'id': indicator_id,
            'name_nl': name_nl,
            'name_en': coalesce(name_en, name_nl),
            'unit': unit,
            'unit_en': coalesce(unit_en, unit),
            'decimals': decimals,
            'direction': direction,
            'theme': theme,
            'pillar': pillar
        } order by rowid)
        from catalog.indicator
        where direction <> 0
    ), []),
    'programmes': coalesce((
        select list({'id': programme_id, 'name': coalesce(name_nl, programme_id)} order by position)
        from catalog.programme
    ), []),
    'groups': coalesce((
        select list({'id': group_id, 'name': name_nl} order by group_id) from catalog.area_group
    ), [])
})
