{{ config(tags=["governance"], materialized="view") }}

-- Every result ever recorded; is_current marks those of the last run of each gate. A
-- view: the output gate adds its
-- rows after trust was weighed and before findings are shown.
with
    result as (
        select *
        from {{ source("ledger", "expectation_result") }}
        qualify
            row_number() over (
                partition by result_id order by known_from desc, run_id desc
            )
            = 1
    ),
    last_run as (
        select gate, arg_max(run_id, row(known_from, run_id)) as run_id
        from result
        group by gate
    )
select result.*, last_run.run_id is not null as is_current
from result
left join last_run using (gate, run_id)
