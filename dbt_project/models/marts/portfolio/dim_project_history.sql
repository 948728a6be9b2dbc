-- One row a stretch of time in which the register said the same of a project; a
-- removed row ends the last one.
{% set told = ["programme", "phase", "sponsor_name", "sponsor_email", "owner_name", "owner_email", "objective_id", "claimed_rag", "status_text", "status_updated_on", "promised_on", "governance_mode"] %}
with
    version as (
        select
            *,
            -- a row that is gone says no more which site it spoke of
            max(project_site_id) over (
                partition by register_project_id
            ) as jira_site_id,
            row(is_deleted, {{ told | join(", ") }})
            is distinct from lag(row(is_deleted, {{ told | join(", ") }})) over versions
            as is_new
        from {{ ref("stg_registers__project_version") }}
        window versions as (partition by register_project_id order by version_number)
    ),
    stretch as (
        select
            *,
            lead(recorded_at) over (
                partition by register_project_id order by version_number
            ) as valid_to
        from version
        where is_new
    )
select
    stretch.register_project_id || '/' || stretch.version_number as project_version_id,
    project.project_id,
    stretch.project_key,
    stretch.recorded_at as valid_from,
    stretch.valid_to,
    stretch.valid_to is null as is_current,
    {% for column in told -%}
        stretch.{{ column }}{{ " as programme_name" if column == "programme" }},
    {% endfor %}
    stretch.recorded_at,
    stretch.known_from
from stretch
left join
    {{ ref("stg_jira__project") }} as project
    on project.site_id = stretch.jira_site_id
    and project.project_key = stretch.project_key
    and not project.is_deleted
where not stretch.is_deleted
