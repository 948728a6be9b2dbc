{{ config(materialized="view") }}

-- Every version of every row of every register, as it came; put together first, as each
-- window over one of them would cost as much as over all.
{% set landed -%}
    (
        {% for register in register_names() -%}
            select '{{ register }}' as register_name, *
            from {{ source("registers", register) }} {{ "union all" if not loop.last }}
        {% endfor %}
    )
{%- endset %}
select
    register_name,
    _site,
    _key,
    payload,
    _payload_hash,
    _deleted,
    _recorded_at,
    _known_at,
    _sync_id,
    _commit_seq
from
    {{
        recorded_versions(
            landed,
            counts_from="approved_on",
            key="register_name, _site, _key",
            counting="register_name = 'baseline'",
        )
    }}
where {{ recorded_to_date("_recorded_at") }}
