{{ config(tags=["outlook"]) }}

-- Green outside, red inside: what each project claims against what its own record
-- predicts.
with
    predicted as (
        select
            project.project_id,
            project.project_key,
            project.project_name,
            project.programme_name,
            project.owner_name,
            project.phase,
            project.claimed_rag,
            forecast.forecast_status,
            project.promised_on,
            project.baseline_on,
            forecast.finish_on_p50,
            forecast.finish_on_p80,
            forecast.slip_days_p50,
            forecast.probability_late,
            case
                when forecast.probability_late >= 0.8
                then 'red'
                when forecast.probability_late >= 0.5
                then 'amber'
                when forecast.probability_late is not null
                then 'green'
                else 'unknown'
            end as predicted_rag,
            project.effective_on
        from {{ ref("dim_project") }} as project
        left join
            {{ ref("rpt_schedule_forecast") }} as forecast
            on forecast.project_id = project.project_id
            and forecast.subject_type = 'project'
            and forecast.is_current
        where not project.is_deleted
    )
select
    *, coalesce(claimed_rag = 'green' and predicted_rag = 'red', false) as is_watermelon
from predicted
