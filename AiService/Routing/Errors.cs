using System.Collections.Immutable;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AiService.Routing;

/// <summary>No provider answered: UNAVAILABLE. The metadata names what was tried.</summary>
internal sealed record NoProviderAnswers : MeshError
{
    public NoProviderAnswers(IEnumerable<string> attempts, TimeSpan? retryAfter)
        : base(StatusCode.Unavailable, "NO_PROVIDER_ANSWERS", "No AI provider answers now.")
    {
        RetryAfter = retryAfter ?? TimeSpan.FromSeconds(1);
        var tried = string.Join(", ", attempts);
        if (tried.Length > 0) Metadata = ImmutableDictionary<string, string>.Empty.Add("attempts", tried);
    }
}

/// <summary>A begun answer broke off: UNAVAILABLE. What was received is accounted for.</summary>
internal sealed record AnswerBroke(string Provider)
    : MeshError(StatusCode.Unavailable, "ANSWER_BROKE", $"The answer of '{Provider}' broke off.");

/// <summary>The provider refuses the request as it is: FAILED_PRECONDITION.</summary>
internal sealed record ProviderRefused : MeshError
{
    public ProviderRefused(string provider, string? code)
        : base(StatusCode.FailedPrecondition, "PROVIDER_REFUSED", $"The provider '{provider}' refuses this request{(code is null ? "" : $": {code}")}.")
    {
    }
}

/// <summary>The call took longer than a call may: DEADLINE_EXCEEDED.</summary>
internal sealed record CallTooLong() : MeshError(StatusCode.DeadlineExceeded, "CALL_TOO_LONG", "The answer took too long.");

/// <summary>No permitted model has a context that the request fits into: INVALID_ARGUMENT.</summary>
internal sealed record TooLongForModels : MeshError
{
    public TooLongForModels(string field, long tokens, long most)
        : base(StatusCode.InvalidArgument, "TOO_LONG_FOR_MODELS", FormattableString.Invariant($"{field}: about {tokens} tokens; the longest context among the models to choose from is {most}.")) =>
        Violations = [new FieldViolation(field, FormattableString.Invariant($"At most {most} tokens together with the answer."))];
}
