{{ config(materialized="view") }}
-- Which statuses the work of a project has passed, and by whose word they mean what
-- they mean. A site that keeps a register of its statuses is to keep all of them there.
with
    passed as (
        select
            project_id,
            status_id,
            count(*) as stay_count,
            count(*) filter (where valid_to is null) as standing_count,
            arg_max(
                {
                    'status':status,
                    'status_category':status_category,
                    'status_mapping_id':status_mapping_id
                },
                row(valid_from, interval_id)
            ) as newest,
            max(recorded_at) as recorded_at,
            max(known_from) as known_from
        from {{ ref("fct_issue_status_interval") }}
        group by all
    ),
    kept as (
        select distinct project_site_id as site_id
        from {{ ref("stg_registers__status_mapping") }}
        where not is_deleted
    ),
    sourced as (
        select
            passed.*,
            split_part(passed.project_id, ':', 1) as site_id,
            case
                when passed.newest.status_mapping_id is not null
                then 'register'
                when held.is_mapped and not held.is_deleted
                then 'category'
                else 'none'
            end as mapping_source
        from passed
        left join {{ ref("stg_jira__status") }} as held using (status_id)
    )
select
    project_id || '/' || status_id as project_status_id,
    project_id,
    status_id,
    newest.status as status,
    newest.status_category as status_category,
    mapping_source,
    mapping_source = 'register'
    or (mapping_source = 'category' and kept.site_id is null) as is_mapped,
    stay_count,
    standing_count,
    recorded_at,
    known_from
from sourced
left join kept using (site_id)
