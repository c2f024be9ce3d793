namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>
/// Hooks into bearer authentication: assign a delegate or override a method. A hook that calls <c>Success</c>, <c>Fail</c> or
/// <c>NoResult</c> on its context ends the processing with that.
/// </summary>
public class JwtBearerEvents
{
    /// <summary>A request came in; set the token here when it does not stand in the <c>Authorization</c> header.</summary>
    public Func<MessageReceivedContext, Task> OnMessageReceived { get; set; } = static _ => Task.CompletedTask;

    /// <summary>A token was accepted; add claims here, or refuse it after all.</summary>
    public Func<TokenValidatedContext, Task> OnTokenValidated { get; set; } = static _ => Task.CompletedTask;

    /// <summary>No handler accepted the token, or processing threw.</summary>
    public Func<AuthenticationFailedContext, Task> OnAuthenticationFailed { get; set; } = static _ => Task.CompletedTask;

    /// <summary>A 401 is about to be written.</summary>
    public Func<JwtBearerChallengeContext, Task> OnChallenge { get; set; } = static _ => Task.CompletedTask;

    /// <summary>A 403 is about to be written.</summary>
    public Func<ForbiddenContext, Task> OnForbidden { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Calls <see cref="OnMessageReceived"/>.</summary>
    public virtual Task MessageReceived(MessageReceivedContext context) => OnMessageReceived(context);

    /// <summary>Calls <see cref="OnTokenValidated"/>.</summary>
    public virtual Task TokenValidated(TokenValidatedContext context) => OnTokenValidated(context);

    /// <summary>Calls <see cref="OnAuthenticationFailed"/>.</summary>
    public virtual Task AuthenticationFailed(AuthenticationFailedContext context) => OnAuthenticationFailed(context);

    /// <summary>Calls <see cref="OnChallenge"/>.</summary>
    public virtual Task Challenge(JwtBearerChallengeContext context) => OnChallenge(context);

    /// <summary>Calls <see cref="OnForbidden"/>.</summary>
    public virtual Task Forbidden(ForbiddenContext context) => OnForbidden(context);
}
