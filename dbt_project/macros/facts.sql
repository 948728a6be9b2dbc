{# One number of the briefing about the whole portfolio: how many rows of a table answer a condition, and which. #}
{% macro counted_fact(source_table, measure, unit, relation, key, condition="true") %}
    select
        '{{ measure }}' as measure,
        '{{ unit }}' as unit,
        cast(count(*) filter (where {{ condition }}) as decimal(18, 4)) as value,
        '{{ source_table }}' as source_table,
        '{{ key }}' as source_key_column,
        {{ keys_of(key, condition) }} as source_keys
    from {{ relation }}
{% endmacro %}

{# The same for a sum; null where nothing is known of any row. #}
{% macro summed_fact(source_table, measure, unit, relation, key, amount) %}
    select
        '{{ measure }}' as measure,
        '{{ unit }}' as unit,
        cast(sum({{ amount }}) as decimal(18, 4)) as value,
        '{{ source_table }}' as source_table,
        '{{ key }}' as source_key_column,
        {{ keys_of(key, amount ~ " is not null") }} as source_keys
    from {{ relation }}
{% endmacro %}

{% macro keys_of(key, condition) %}
    coalesce(
        cast(
            to_json(
                list({{ key }} order by {{ key }}) filter (where {{ condition }})
            ) as varchar
        ),
        '[]'
    )
{% endmacro %}
