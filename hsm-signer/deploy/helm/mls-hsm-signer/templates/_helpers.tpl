{{- define "mls-hsm-signer.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "mls-hsm-signer.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mls-hsm-signer.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "mls-hsm-signer.selectorLabels" . }}
{{- end -}}

{{- define "mls-hsm-signer.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "mls-hsm-signer.configurationSecret" -}}
{{- .Values.configuration.secret | default (printf "%s-configuration" (include "mls-hsm-signer.fullname" .)) -}}
{{- end -}}

{{- /* A Secret of somebody else's can be read where there is a cluster, and not while rendering alone. */ -}}
{{- define "mls-hsm-signer.configurationChecksum" -}}
{{- if .Values.configuration.secret -}}
{{- with lookup "v1" "Secret" .Release.Namespace .Values.configuration.secret -}}
{{- .data | toJson | sha256sum -}}
{{- end -}}
{{- else -}}
{{- .Values.configuration.toml | sha256sum -}}
{{- end -}}
{{- end -}}
