{#- A moment as its UTC date and time, whatever time zone the session is in. -#}
{% macro utc(moment) %}{{ adapter.dispatch('utc')(moment) }}{% endmacro %}

{% macro postgres__utc(moment) %}cast({{ moment }} as timestamptz) at time zone 'UTC'{% endmacro %}

{% macro snowflake__utc(moment) %}cast(convert_timezone('UTC', {{ moment }}) as timestamp_ntz){% endmacro %}
