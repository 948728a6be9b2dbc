with latest as (select * from {{ latest("jira", "status") }})
select
    latest.record_id as status_id,
    latest.site_id,
    latest.native_id,
    latest.record.name as status,
    latest.record.statuscategory.key as category_key,
    coalesce(mapping.status_category, 'to_do') as status_category,
    mapping.status_category is not null as is_mapped,
    latest.is_deleted,
    latest.recorded_at,
    latest.known_from,
    latest._commit_seq
from latest
left join
    {{ ref("status_category_default") }} as mapping
    on mapping.category_key = latest.record.statuscategory.key
