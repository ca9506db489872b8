-- how a page names one source: who it is of, its title, and when it was fetched
select
    source_id,
    {
        'id': source_id,
        'title': title_nl,
        'attribution': coalesce(attribution, title_nl),
        'retrieved_on': retrieved_on::varchar
    } as line,
from meta.source
where retrieved_on is not null
