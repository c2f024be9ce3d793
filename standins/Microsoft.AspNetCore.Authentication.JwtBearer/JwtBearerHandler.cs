using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Net.Http.Headers;

namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>Authenticates a request by its bearer token, and answers with the challenges of RFC 6750.</summary>
public class JwtBearerHandler(IOptionsMonitor<JwtBearerOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<JwtBearerOptions>(options, logger, encoder)
{
    private const string Prefix = "Bearer ";

    /// <summary>Hooks of the application.</summary>
    protected new JwtBearerEvents Events
    {
        get => (JwtBearerEvents)base.Events!;
        set => base.Events = value;
    }

    /// <inheritdoc />
    protected override Task<object> CreateEventsAsync() => Task.FromResult<object>(new JwtBearerEvents());

    /// <inheritdoc />
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        try
        {
            var received = new MessageReceivedContext(Context, Scheme, Options);
            await Events.MessageReceived(received);
            if (received.Result is { } decided)
            {
                return decided;
            }

            var token = string.IsNullOrEmpty(received.Token) ? TokenOfHeader() : received.Token;
            return string.IsNullOrEmpty(token) ? AuthenticateResult.NoResult() : await ValidateAsync(token);
        }
        catch (Exception exception)
        {
            Log.ProcessingFailed(Logger, exception);
            var failed = new AuthenticationFailedContext(Context, Scheme, Options) { Exception = exception };
            await Events.AuthenticationFailed(failed);
            if (failed.Result is { } decided)
            {
                return decided;
            }

            throw;
        }
    }

    /// <inheritdoc />
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var result = await HandleAuthenticateOnceSafeAsync();
        var challenge = new JwtBearerChallengeContext(Context, Scheme, Options, properties)
        {
            AuthenticateFailure = result?.Failure,
        };

        // A request without a token gets no error code: RFC 6750, section 3.1.
        if (Options.IncludeErrorDetails && challenge.AuthenticateFailure is { } failure)
        {
            challenge.Error = "invalid_token";
            challenge.ErrorDescription = BearerChallenge.Describe(failure);
        }

        await Events.Challenge(challenge);
        if (challenge.Handled)
        {
            return;
        }

        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.Append(
            HeaderNames.WWWAuthenticate,
            BearerChallenge.Format(Options.Challenge, challenge.Error, challenge.ErrorDescription, challenge.ErrorUri));
    }

    /// <inheritdoc />
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        if (!Response.HasStarted)
        {
            Response.StatusCode = StatusCodes.Status403Forbidden;
        }

        return Events.Forbidden(new ForbiddenContext(Context, Scheme, Options));
    }

    private string? TokenOfHeader()
    {
        var authorization = Request.Headers.Authorization.ToString();
        return authorization.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? authorization[Prefix.Length..].Trim() : null;
    }

    private async Task<AuthenticateResult> ValidateAsync(string token)
    {
        if (Options.TokenHandlers.Count == 0)
        {
            Log.NoTokenHandler(Logger, Scheme.Name);
            return await FailAsync(new InvalidOperationException(
                $"No token handler is configured for the scheme '{Scheme.Name}': add one to JwtBearerOptions.TokenHandlers."));
        }

        var parameters = Options.TokenValidationParameters.Clone();
        List<Exception>? failures = null;
        foreach (var handler in Options.TokenHandlers)
        {
            try
            {
                var result = await handler.ValidateTokenAsync(token, parameters);
                if (result.IsValid)
                {
                    return await AcceptAsync(token, result);
                }

                (failures ??= []).Add(result.Exception
                    ?? new SecurityTokenValidationException($"The TokenHandler '{handler.GetType().Name}' was unable to validate the token."));
            }
            catch (SecurityTokenException exception)
            {
                (failures ??= []).Add(exception);
            }
        }

        var failure = failures is [var only] ? only : new AggregateException(failures!);
        Log.TokenRefused(Logger, failure);
        return await FailAsync(failure);
    }

    private async Task<AuthenticateResult> AcceptAsync(string token, TokenValidationResult result)
    {
        var validated = new TokenValidatedContext(Context, Scheme, Options)
        {
            Principal = new ClaimsPrincipal(result.ClaimsIdentity),
            SecurityToken = result.SecurityToken,
        };
        validated.Properties.ExpiresUtc = TimeOf(result.SecurityToken?.ValidTo);
        validated.Properties.IssuedUtc = TimeOf(result.SecurityToken?.ValidFrom);

        await Events.TokenValidated(validated);
        if (validated.Result is { } decided)
        {
            return decided;
        }

        if (Options.SaveToken)
        {
            validated.Properties.StoreTokens([new AuthenticationToken { Name = "access_token", Value = token }]);
        }

        validated.Success();
        return validated.Result!;
    }

    private async Task<AuthenticateResult> FailAsync(Exception failure)
    {
        var failed = new AuthenticationFailedContext(Context, Scheme, Options) { Exception = failure };
        await Events.AuthenticationFailed(failed);
        return failed.Result ?? AuthenticateResult.Fail(failure);
    }

    private static DateTimeOffset? TimeOf(DateTime? time)
        => time is { } value && value > DateTime.MinValue.AddDays(1) ? DateTime.SpecifyKind(value, DateTimeKind.Utc) : null;
}
