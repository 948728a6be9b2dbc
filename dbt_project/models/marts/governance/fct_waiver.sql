select
    waiver.waiver_id,
    project.project_id,
    waiver.project_key,
    waiver.waiver_key,
    waiver.rule_id,
    waiver.reason,
    waiver.approved_by,
    waiver.approved_on,
    waiver.expires_on,
    coalesce(waiver.approved_on <= {{ as_of_day() }}, true)
    and waiver.expires_on >= {{ as_of_day() }} as is_in_force,
    waiver.recorded_at,
    waiver.known_from
from {{ ref("stg_registers__waiver") }} as waiver
left join
    {{ ref("stg_jira__project") }} as project
    on project.site_id = waiver.project_site_id
    and project.project_key = waiver.project_key
    and not project.is_deleted
where not waiver.is_deleted
