using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Finds every fault of the options at once, so that a host does not start with a pipeline that cannot work.</summary>
internal sealed class HttpStandardResilienceOptionsValidator : IValidateOptions<HttpStandardResilienceOptions>
{
    public ValidateOptionsResult Validate(string? name, HttpStandardResilienceOptions options)
    {
        var errors = new List<string>();
        Check(errors, nameof(options.RateLimiter), options.RateLimiter);
        Check(errors, nameof(options.TotalRequestTimeout), options.TotalRequestTimeout);
        Check(errors, nameof(options.Retry), options.Retry);
        Check(errors, nameof(options.CircuitBreaker), options.CircuitBreaker);
        Check(errors, nameof(options.AttemptTimeout), options.AttemptTimeout);

        if (errors.Count == 0)
        {
            CheckTogether(errors, options);
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static void Check(List<string> errors, string member, object? strategy)
    {
        if (strategy is null)
        {
            errors.Add($"The {member} field is required.");
            return;
        }

        var results = new List<ValidationResult>();
        Validator.TryValidateObject(strategy, new ValidationContext(strategy), results, validateAllProperties: true);
        errors.AddRange(results.Select(result => $"{member}: {result.ErrorMessage}"));
    }

    private static void CheckTogether(List<string> errors, HttpStandardResilienceOptions options)
    {
        var attempt = options.AttemptTimeout.Timeout;

        if (attempt > options.TotalRequestTimeout.Timeout)
        {
            errors.Add(
                "Total request timeout resilience strategy must have a greater timeout than the attempt resilience strategy. " +
                $"Total Request Timeout: {options.TotalRequestTimeout.Timeout.TotalSeconds}s, Attempt Timeout: {attempt.TotalSeconds}s");
        }

        if (options.CircuitBreaker.SamplingDuration < attempt * 2)
        {
            errors.Add(
                "The sampling duration of circuit breaker strategy needs to be at least double of an attempt timeout strategy's " +
                "timeout interval, in order to be effective. " +
                $"Sampling Duration: {options.CircuitBreaker.SamplingDuration.TotalSeconds}s, Attempt Timeout: {attempt.TotalSeconds}s");
        }
    }
}
