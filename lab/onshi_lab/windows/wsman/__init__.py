"""The WS-Management endpoint of a PC: HTTP with NTLM, SOAP, shells and commands ([MS-WSMV])."""
