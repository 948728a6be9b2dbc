{{ config(tags=["outlook"]) }}

with
    newest as (
        select *
        from {{ source("ledger", "forecast_score") }}
        where as_of_on <= {{ local_day(as_of()) }}
        qualify
            row_number() over (
                partition by
                    model_id,
                    model_version,
                    subject_type,
                    horizon_band,
                    evidence,
                    measure
                order by as_of_on desc, known_from desc, inputs_hash
            )
            = 1
    )
select
    model_id,
    model_version,
    subject_type,
    horizon_band,
    evidence,
    measure,
    as_of_on,
    unit,
    score_status,
    value as score,
    value_low as score_low,
    value_high as score_high,
    naive_value as naive_score,
    promise_value as promise_score,
    promised_value as score_where_promised,
    previous_version,
    previous_value as previous_score,
    case
        when measure in ('crps', 'brier') or starts_with(measure, 'pinball')
        then 1 - value / nullif(naive_value, 0)
    end as skill_against_naive,
    case
        when measure in ('crps', 'brier') or starts_with(measure, 'pinball')
        then 1 - promised_value / nullif(promise_value, 0)
    end as skill_against_promise,
    forecast_count,
    resolved_count,
    open_count,
    cluster_count,
    scored_from_on,
    scored_to_on,
    known_from,
    case
        when measure = 'coverage_80' and score_status = 'ok'
        then value_low <= 0.83 and value_high >= 0.77
    end as is_in_band
from newest
