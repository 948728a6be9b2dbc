{{ config(tags=["governance"]) }}

-- Whether a project's figures may be relied on: critical findings and gaps of its
-- sources, weighed by its mode.
-- The output gate judges reporting, which joins this table: only the input gate
-- counts, so no rule waits for itself.
-- A sync that a quota put off costs no trust where an earlier one proved the project:
-- that proof stands, as old as it is. Where there is none, nothing may be relied on
-- yet.
with
    concern as (
        select project_id, rule_id as reason, true as is_critical
        from {{ ref("int_governance__expectation_result") }}
        where
            is_current
            and gate = 'input'
            and severity = 'critical'
            and not is_met
            and project_id is not null
        union all
        select
            scope_id,
            'incomplete: '
            || stream
            || ' ('
            || coalesce(nullif(detail, ''), coalesce(missing_count, 0) || ' missing')
            || ')',
            true
        from {{ ref("fct_completeness") }}
        where is_last_proof and completeness_status = 'partial'
        union all
        select
            put_off.scope_id,
            'deferred: ' || put_off.stream || ' (' || put_off.detail || ')',
            proof.scope_id is null
        from {{ ref("fct_completeness") }} as put_off
        left join
            {{ ref("fct_completeness") }} as proof
            on proof.source_type = put_off.source_type
            and proof.site_id = put_off.site_id
            and proof.stream = put_off.stream
            and proof.scope_id = put_off.scope_id
            and proof.is_last_proof
        where put_off.is_current and put_off.completeness_status = 'deferred'
    ),
    counted as (
        select
            project_id,
            count(*) filter (where is_critical) as critical_count,
            string_agg(distinct reason, ', ' order by reason) as reasons
        from concern
        group by project_id
    )
select
    project.project_id,
    coalesce(
        project.governance_mode, '{{ var("governance_mode") }}'
    ) as governance_mode,
    case
        when
            coalesce(project.governance_mode, '{{ var("governance_mode") }}')
            in ('{{ var("advising_modes") | join("', '") }}')
        then 'trusted'
        when counted.critical_count > 0
        then 'not_trusted'
        else 'trusted'
    end as trust_status,
    coalesce(counted.critical_count, 0)::bigint as critical_count,
    coalesce(counted.reasons, '') as reasons
from {{ ref("dim_project") }} as project
left join counted using (project_id)
