with
    registered as (
        select
            milestone.milestone_id,
            milestone.site_id,
            project.project_id,
            milestone.project_key,
            milestone.milestone_key,
            milestone.milestone_name,
            'register' as source_type,
            milestone.baseline_on,
            milestone.forecast_on,
            milestone.actual_on,
            milestone.owner_name,
            milestone.owner_email,
            milestone.recorded_at,
            milestone.known_from
        from
            {{ ref("stg_registers__milestone") }} as milestone
            {{ join_project("milestone") }}
        where not milestone.is_deleted
    ),
    released as (
        select
            version.version_id as milestone_id,
            version.site_id,
            version.project_id,
            project.project_key,
            version.version_name as milestone_key,
            version.version_name as milestone_name,
            'jira_version' as source_type,
            null::date as baseline_on,
            version.releases_on as forecast_on,
            if(version.is_released, version.releases_on, null) as actual_on,
            null::varchar as owner_name,
            null::varchar as owner_email,
            version.recorded_at,
            version.known_from
        from {{ ref("stg_jira__version") }} as version
        left join {{ ref("stg_jira__project") }} as project using (project_id)
        where
            version.releases_on is not null
            and not version.is_deleted
            and not version.is_archived
    )
select
    milestone_id,
    site_id,
    project_id,
    project_key,
    milestone_key,
    milestone_name,
    source_type,
    baseline_on,
    forecast_on,
    actual_on,
    actual_on is not null as is_reached,
    date_diff('day', baseline_on, coalesce(actual_on, forecast_on)) as slip_days,
    owner_name,
    owner_email,
    recorded_at,
    known_from
from
    (
        select *
        from registered
        union all
        select *
        from released
    )
