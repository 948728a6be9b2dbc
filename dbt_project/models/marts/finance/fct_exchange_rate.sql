-- One rate a pair of currencies and day, whichever register says it; it counts until
-- the next.
with
    rate as (
        select *
        from {{ ref("stg_registers__exchange_rate") }}
        where not is_deleted
        qualify
            row_number() over (
                partition by from_currency_code, to_currency_code, rate_on
                order by recorded_at desc, known_from desc, exchange_rate_id
            )
            = 1
    )
select
    exchange_rate_id,
    from_currency_code,
    to_currency_code,
    rate_on,
    lead(rate_on) over (
        partition by from_currency_code, to_currency_code order by rate_on
    ) as rate_until_on,
    rate,
    recorded_at,
    known_from
from rate
