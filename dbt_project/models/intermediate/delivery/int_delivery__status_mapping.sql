{{ config(materialized="view") }}

-- The register's rows by the statuses they speak of. A row names a status by its id or
-- by its name; `specificity` decides between rows that speak of the same one.
-- Rows that are gone stay: whoever took their word must hear of it.
with
    placed as (
        select
            mapping.*,
            if(
                mapping.project_key = '*', null, coalesce(project.project_id, 'unknown')
            ) as project_id,
            nullif(lower(mapping.issue_type), '*') as issue_type_name,
            {{ start_of_day("mapping.valid_from") }} as valid_at,
            -- a project's key may change: what is meant follows the key
            if(
                mapping.project_key = '*',
                mapping._commit_seq,
                greatest(
                    mapping._commit_seq,
                    (select max(_commit_seq) from {{ ref("stg_jira__project") }})
                )
            ) as _newest_seq
        from {{ ref("stg_registers__status_mapping") }} as mapping
        left join
            {{ ref("stg_jira__project") }} as project
            on project.site_id = mapping.project_site_id
            and project.project_key = mapping.project_key
            and not project.is_deleted
    ),
    found as (
        select *, project_site_id || ':' || status as status_id, true as is_by_id
        from placed
        where regexp_full_match(status, '\d+')
        union all
        select placed.*, status.status_id, false
        from placed
        inner join
            {{ ref("stg_jira__status") }} as status
            on status.site_id = placed.project_site_id
            and lower(status.status) = lower(placed.status)
    )
select
    status_mapping_id,
    status_id,
    project_id,
    issue_type_name,
    valid_at,
    (project_id is not null)::int * 4
    + (issue_type_name is not null)::int * 2
    + is_by_id::int as specificity,
    status_category,
    work_state,
    is_deleted,
    recorded_at,
    known_from,
    _newest_seq as _commit_seq,
    _moved_at
from found
