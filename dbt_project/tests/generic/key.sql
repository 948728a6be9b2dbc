{# The key of a table: never null, never twice, found in one pass. `columns` for a key of several columns. #}
{% test key(model, column_name=none, columns=none) %}
    {%- set parts = columns or [column_name] %}
    select {{ parts | join(", ") }}, count(*) as occurrences
    from {{ model }}
    group by all
    having count(*) > 1 {%- for part in parts %} or {{ part }} is null {%- endfor %}
{% endtest %}
