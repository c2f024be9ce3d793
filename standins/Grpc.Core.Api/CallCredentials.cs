namespace Grpc.Core;

/// <summary>Adds headers, such as a token, to the calls it is given to.</summary>
/// <param name="context">The call.</param>
/// <param name="metadata">Where to add the headers.</param>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);

/// <summary>The call that credentials are asked for.</summary>
public class AuthInterceptorContext
{
    /// <summary>A call without a token.</summary>
    public AuthInterceptorContext(string serviceUrl, string methodName)
        : this(serviceUrl, methodName, CancellationToken.None)
    {
    }

    /// <summary>A call with its token.</summary>
    public AuthInterceptorContext(string serviceUrl, string methodName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(serviceUrl);
        ArgumentNullException.ThrowIfNull(methodName);
        ServiceUrl = serviceUrl;
        MethodName = methodName;
        CancellationToken = cancellationToken;
    }

    /// <summary>Address of the service, such as <c>https://auth/aimesh.auth.v1.Tokens</c>.</summary>
    public string ServiceUrl { get; }

    /// <summary>Name of the method.</summary>
    public string MethodName { get; }

    /// <summary>Cancelled with the call.</summary>
    public CancellationToken CancellationToken { get; }
}

/// <summary>Credentials of single calls, as opposed to those of a connection.</summary>
public abstract class CallCredentials
{
    /// <summary>All of these, in order.</summary>
    public static CallCredentials Compose(params CallCredentials[] credentials) => new Composite(credentials);

    /// <summary>From a function that adds headers.</summary>
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor) => new FromFunction(interceptor);

    /// <summary>Tells an engine what these credentials consist of.</summary>
    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state);

    private sealed class Composite : CallCredentials
    {
        private readonly List<CallCredentials> _credentials;

        public Composite(CallCredentials[] credentials)
        {
            ArgumentNullException.ThrowIfNull(credentials);
            if (credentials.Length == 0)
                throw new ArgumentException("At least one credential is needed.");
            _credentials = [.. credentials];
        }

        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetCompositeCredentials(state, _credentials);
    }

    private sealed class FromFunction : CallCredentials
    {
        private readonly AsyncAuthInterceptor _interceptor;

        public FromFunction(AsyncAuthInterceptor interceptor)
        {
            ArgumentNullException.ThrowIfNull(interceptor);
            _interceptor = interceptor;
        }

        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetAsyncAuthInterceptorCredentials(state, _interceptor);
    }
}

/// <summary>How an engine learns what call credentials consist of.</summary>
public abstract class CallCredentialsConfiguratorBase
{
    /// <summary>They are a list.</summary>
    public abstract void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials);

    /// <summary>They are a function.</summary>
    public abstract void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor);
}
