{{ config(tags=["outlook"]) }}

-- Green outside, red inside: what each project claims against what its own record
-- predicts.
with
    -- the chance of being late that a claim admits: where the next colour begins
    admitted(claimed_rag, limit_probability) as (
        values ('green', 0.5), ('amber', 0.8), ('red', 0.95)
    ),
    current_forecast as (
        select *
        from {{ ref("rpt_schedule_forecast") }}
        where subject_type = 'project' and is_current
    ),
    -- the newest forecast a week or more older, with what was claimed on its day
    before as (
        select old.project_id, claim.claimed_rag, old.probability_late
        from {{ ref("rpt_schedule_forecast") }} as old
        inner join
            current_forecast
            on current_forecast.subject_id = old.subject_id
            and old.as_of_on <= current_forecast.as_of_on - 7
        left join
            {{ ref("dim_project_history") }} as claim
            on claim.project_id = old.project_id
            and claim.valid_from <= {{ end_of_day("old.as_of_on") }}
            and coalesce(claim.valid_to, timestamp '9999-12-31')
            > {{ end_of_day("old.as_of_on") }}
        where old.subject_type = 'project'
        qualify
            row_number() over (
                partition by old.project_id
                order by
                    old.as_of_on desc,
                    old.known_from desc,
                    old.model_id,
                    claim.valid_from desc
            )
            = 1
    ),
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
            project.effective_on,
            cast(
                round(
                    100
                    * greatest(0, forecast.probability_late - now.limit_probability)
                    / (1 - now.limit_probability)
                ) as integer
            ) as watermelon_index,
            cast(
                round(
                    100
                    * greatest(0, before.probability_late - then_.limit_probability)
                    / (1 - then_.limit_probability)
                ) as integer
            ) as previous_watermelon_index
        from {{ ref("dim_project") }} as project
        left join current_forecast as forecast using (project_id)
        left join before using (project_id)
        left join admitted as now on now.claimed_rag = project.claimed_rag
        left join admitted as then_ on then_.claimed_rag = before.claimed_rag
        where not project.is_deleted
    )
select
    *,
    watermelon_index - previous_watermelon_index as watermelon_index_change,
    cast(avg(watermelon_index) over () as decimal(5, 1)) as portfolio_watermelon_index,
    cast(
        avg(watermelon_index - previous_watermelon_index) over () as decimal(5, 1)
    ) as portfolio_watermelon_index_change,
    coalesce(claimed_rag = 'green' and predicted_rag = 'red', false) as is_watermelon
from predicted
