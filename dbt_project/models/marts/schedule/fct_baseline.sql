with
    numbered as (
        select
            *,
            approved_on is null
            or approved_on <= {{ as_of_day() }} as is_approved_by_then,
            row_number() over (
                partition by project_site_id, project_key
                order by
                    (approved_on is null or approved_on <= {{ as_of_day() }}) desc,
                    baseline_version desc,
                    known_from desc,
                    baseline_id
            ) as recency
        from {{ ref("stg_registers__baseline") }}
        where not is_deleted
    )
select
    baseline.baseline_id,
    project.project_id,
    baseline.project_key,
    baseline.baseline_version,
    baseline.start_on as baseline_start_on,
    baseline.finish_on as baseline_finish_on,
    baseline.approved_on,
    baseline.approved_by,
    baseline.reason,
    baseline.recency = 1 and baseline.is_approved_by_then as is_current,
    baseline.recorded_at,
    baseline.known_from
from numbered as baseline
left join
    {{ ref("stg_jira__project") }} as project
    on project.site_id = baseline.project_site_id
    and project.project_key = baseline.project_key
    and not project.is_deleted
