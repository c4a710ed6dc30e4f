{{- /* The URL of the store as runners reach it; nothing if there is none. */}}
{{- define "fairlead.storeUrl" -}}
{{- if .Values.store.url }}
{{- .Values.store.url }}
{{- else if .Values.store.claim }}
{{- printf "file://%s" .Values.store.mount }}
{{- end }}
{{- end }}

{{- /* The Secret with the store's credentials in each namespace with jobs; nothing if none. */}}
{{- define "fairlead.storeSecret" -}}
{{- .Values.store.secret }}
{{- end }}
