{{ config(materialized="view") }}

-- Every version of every row of every register, as it came.
{% for register in register_names() -%}
    select
        '{{ register }}' as register_name,
        _site,
        _key,
        payload,
        _payload_hash,
        _deleted,
        _recorded_at,
        _known_at,
        _sync_id,
        _commit_seq
    from {{ recorded_versions(source("registers", register), counts_from(register)) }}
    where {{ recorded_to_date("_recorded_at") }} {{ "union all" if not loop.last }}
{% endfor %}
