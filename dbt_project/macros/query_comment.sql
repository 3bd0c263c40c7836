{#- What a query in the warehouse's history was for. No person's data: ids of the client night and model. -#}
{% macro query_comment(node) %}
    {{ return(tojson({
        'app': 'acme',
        'client_id': var('client_id', '') | string,
        'business_date': var('business_date', '') | string,
        'node': node.unique_id if node else 'connection',
    })) }}
{% endmacro %}
