{{ config(tags=["outlook"]) }}

with
    -- what was really said counts before what would have been said
    record as (
        select
            model_id,
            model_version,
            subject_type,
            evidence,
            max(score) filter (where measure = 'coverage_80') as coverage_80,
            max(score_low) filter (where measure = 'coverage_80') as coverage_80_low,
            max(score_high) filter (where measure = 'coverage_80') as coverage_80_high,
            max(skill_against_naive) filter (
                where measure = 'crps'
            ) as skill_against_naive,
            max(resolved_count) filter (where measure = 'crps') as scored_count,
            max(open_count) filter (where measure = 'crps') as unscored_count
        from {{ ref("rpt_forecast_score") }}
        where horizon_band = 'all' and evidence in ('issued', 'backtest')
        group by model_id, model_version, subject_type, evidence
        qualify
            row_number() over (
                partition by model_id, model_version, subject_type
                order by coverage_80 is not null desc, evidence = 'issued' desc
            )
            = 1
    )
select
    said.subject_type,
    said.subject_id,
    said.subject_key,
    said.subject_name,
    said.as_of_on,
    said.model_id,
    said.project_id,
    said.project_key,
    said.forecast_status,
    said.finish_on_p10,
    said.finish_on_p50,
    said.finish_on_p80,
    said.finish_on_p95,
    said.baseline_on,
    said.promised_on,
    said.slip_days_p50,
    said.probability_late,
    said.model_version,
    said.seed,
    said.inputs_hash,
    said.known_from,
    said.sentence,
    said.open_count,
    said.history_weeks,
    said.fallback_reason,
    said.throughput_per_week,
    said.scope_growth_per_week,
    said.drivers,
    record.coverage_80,
    record.coverage_80_low,
    record.coverage_80_high,
    record.skill_against_naive,
    coalesce(record.scored_count, 0) as scored_count,
    record.evidence as score_evidence,
    case
        when record.coverage_80 is null
        then
            'Not scored yet: '
            || coalesce(record.scored_count, 0)
            || ' of '
            || coalesce(record.scored_count + record.unscored_count, 0)
            || ' forecasts judged have come true, too few to speak of.'
        else
            cast(round(100 * record.coverage_80) as integer)
            || ' % of outcomes fell within the 80 % intervals '
            || if(
                record.evidence = 'issued',
                'said for such subjects',
                'that would have been said for such subjects'
            )
            || ' ('
            || record.scored_count
            || ' known).'
    end as score_note,
    coalesce(trust.trust_status, 'not_trusted') as trust_status,
    {{ is_newest_of("said.subject_type, said.subject_id") }} as is_current
from {{ last_said("schedule_forecast", "subject_type, subject_id") }} as said
left join record using (model_id, model_version, subject_type)
left join
    {{ ref("int_governance__project_trust") }} as trust
    on trust.project_id = said.project_id
