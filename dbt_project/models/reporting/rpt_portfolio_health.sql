{{ config(tags=["report"]) }}

with
    work as (
        select
            project_id,
            count(*) filter (where status_category <> 'done') as open_count,
            count(*) filter (where status_category = 'done') as done_count,
            count(*) as scope_count,
            count(*) filter (where is_blocked) as blocked_count
        from {{ ref("dim_issue") }}
        where is_leaf and not is_deleted and not is_cancelled
        group by project_id
    ),
    forecast as (
        select *
        from {{ ref("rpt_schedule_forecast") }}
        where is_current and subject_type = 'project'
    ),
    risk as (
        select
            project_id,
            count(*) as open_risk_count,
            case
                when count(distinct currency_code) = 1 then sum(exposure_cost_amount)
            end as risk_exposure_cost_amount
        from {{ ref("fct_risk") }}
        where coalesce(risk_status, 'open') = 'open'
        group by project_id
    ),
    finding as (
        select
            project_id,
            count(*) filter (where severity = 'critical') as critical_finding_count,
            count(*) filter (where severity = 'warning') as warning_finding_count
        from {{ ref("fct_expectation_result") }}
        where is_current and not is_met
        group by project_id
    ),
    dependency as (
        select
            project_id, count(distinct dependency_id) as cross_project_dependency_count
        from
            (
                select
                    dependency_id,
                    unnest([predecessor_project_id, successor_project_id]) as project_id
                from {{ ref("fct_dependency") }}
                where is_cross_project and not is_satisfied
            )
        group by project_id
    )
select
    project.project_id,
    project.project_key,
    project.project_name,
    project.programme_name,
    project.owner_name,
    project.phase,
    project.claimed_rag,
    outlook.predicted_rag,
    coalesce(trust.trust_status, 'not_trusted') as trust_status,
    coalesce(work.open_count, 0) as open_count,
    coalesce(work.done_count, 0) as done_count,
    coalesce(work.scope_count, 0) as scope_count,
    cast(work.done_count / work.scope_count as decimal(6, 4)) as done_ratio,
    forecast.finish_on_p10,
    forecast.finish_on_p50,
    forecast.finish_on_p80,
    forecast.finish_on_p95,
    project.baseline_on,
    project.promised_on,
    forecast.slip_days_p50,
    forecast.probability_late,
    forecast.forecast_status,
    project.planned_cost_amount,
    project.actual_cost_amount,
    project.currency_code,
    coalesce(risk.open_risk_count, 0) as open_risk_count,
    cast(risk.risk_exposure_cost_amount as decimal(18, 2)) as risk_exposure_cost_amount,
    coalesce(finding.critical_finding_count, 0) as critical_finding_count,
    coalesce(finding.warning_finding_count, 0) as warning_finding_count,
    coalesce(work.blocked_count, 0) as blocked_count,
    coalesce(
        dependency.cross_project_dependency_count, 0
    ) as cross_project_dependency_count,
    project.effective_on,
    coalesce(
        forecast.sentence, project.project_name || ' has no forecast yet.'
    ) as sentence
from {{ ref("dim_project") }} as project
inner join {{ ref("rpt_watermelon") }} as outlook using (project_id)
left join work using (project_id)
left join forecast using (project_id)
left join risk using (project_id)
left join finding using (project_id)
left join dependency using (project_id)
left join {{ ref("int_governance__project_trust") }} as trust using (project_id)
where not project.is_deleted
