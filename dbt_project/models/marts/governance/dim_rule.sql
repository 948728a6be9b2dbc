{{ config(tags=["governance"]) }}

-- depends_on: {{ source("ledger", "expectation_result") }}
-- The last wording of every rule there ever was; those of the last edition hold.
with
    edition as (
        select edition, known_from, max(known_from) over () as last_known_from
        from {{ source("ledger", "rule") }}
        group by edition, known_from
    )
select
    rule.rule_id,
    rule.title,
    rule.gate,
    rule.table_name,
    rule.expectation,
    rule.column_names,
    rule.arguments,
    rule.condition,
    rule.severity,
    weight.severity_weight,
    rule.family,
    rule.owner,
    rule.why,
    rule.fix,
    rule.known_from = edition.last_known_from as is_in_force,
    rule.known_from as recorded_at,
    rule.known_from
from {{ source("ledger", "rule") }} as rule
inner join edition using (edition, known_from)
left join {{ ref("int_governance__severity_weight") }} as weight using (severity)
qualify
    row_number() over (
        partition by rule.rule_id order by rule.known_from desc, rule.edition
    )
    = 1
