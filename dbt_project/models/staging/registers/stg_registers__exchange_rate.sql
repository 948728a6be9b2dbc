select
    record_id as exchange_rate_id,
    site_id,
    record.from_currency_code,
    record.to_currency_code,
    record.rate_on,
    record.rate,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "exchange_rate", rewound=true) }}
