-- A project as Jira holds it, with what the PMO's register says of it.
with
    registered as (
        select *
        from {{ ref("stg_registers__project") }}
        where not is_deleted
        qualify
            row_number() over (
                partition by project_site_id, project_key
                order by recorded_at desc, known_from desc, register_project_id
            )
            = 1
    ),
    synced as (
        select site as site_id, max(coalesce(server_time, known_at)) as synced_at
        from {{ registered("sync") }}
        where type = 'jira' and status in ('complete', 'partial')
        group by site
    ),
    budget as (
        -- amounts in several currencies have no sum
        select
            project_id,
            if(
                count(distinct currency_code) = 1, sum(planned_cost_amount), null
            )::decimal(18, 2) as planned_cost_amount,
            if(
                count(distinct currency_code) = 1, sum(actual_cost_amount), null
            )::decimal(18, 2) as actual_cost_amount,
            if(
                count(distinct currency_code) = 1, min(currency_code), null
            ) as currency_code
        from {{ ref("fct_budget_line") }}
        group by project_id
    ),
    current_baseline as (select * from {{ ref("fct_baseline") }} where is_current),
    known as (
        select
            project.*,
            least(
                coalesce({{ end_of_day("project.known_until") }}, synced.synced_at),
                coalesce(synced.synced_at, {{ end_of_day("project.known_until") }})
            ) as source_watermark_at
        from {{ ref("stg_jira__project") }} as project
        left join synced on synced.site_id = project.site_id
    )
select
    project.project_id,
    project.site_id,
    project.native_id,
    project.project_key,
    coalesce(
        project.project_name, register.project_name, project.project_key
    ) as project_name,
    coalesce(project.programme_name, register.programme) as programme_name,
    project.lead_id,
    coalesce(register.owner_name, project.lead_name) as owner_name,
    coalesce(register.owner_email, lead.email_address) as owner_email,
    register.sponsor_name,
    register.sponsor_email,
    register.objective_id,
    register.phase,
    register.claimed_rag,
    register.status_text,
    register.status_updated_on,
    register.governance_mode,
    baseline.baseline_start_on,
    baseline.baseline_finish_on as baseline_on,
    register.promised_on,
    register.register_project_id is not null as is_registered,
    project.is_archived,
    project.is_deleted,
    project.source_watermark_at,
    {{ local_day("least(" ~ as_of() ~ ", coalesce(project.source_watermark_at, " ~ as_of() ~ "))") }}
    as effective_on,
    project.recorded_at,
    project.known_from,
    budget.planned_cost_amount,
    budget.actual_cost_amount,
    budget.currency_code
from known as project
left join
    registered as register
    on register.project_site_id = project.site_id
    and register.project_key = project.project_key
    and not project.is_deleted
left join current_baseline as baseline on baseline.project_id = project.project_id
left join {{ ref("stg_jira__user") }} as lead on lead.person_id = project.lead_id
left join budget on budget.project_id = project.project_id
